"""A report from frames: sections in, Markdown, HTML or plain text out.

A column ``x`` with ``x_low`` and ``x_high`` beside it is one column of the report: ``0.81 (0.78–0.84)``.
"""

from __future__ import annotations

import html
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from . import render

if TYPE_CHECKING:
    import pandas as pd

DIGITS = 3


@dataclass(frozen=True, eq=False)
class Section:
    """A part of a report.

    Attributes
    ----------
    title : str
    note : str
        A sentence or two under the title.
    frame : frame, optional
    svg : str
        A picture, as SVG.
    """

    title: str
    note: str = ""
    frame: pd.DataFrame | None = None
    svg: str = ""


def cells(frame: pd.DataFrame) -> list[tuple[str, ...]]:
    """The rows of a frame as text, names of the columns first, intervals beside their values.

    Examples
    --------
    >>> import pandas as pd
    >>> cells(pd.DataFrame({"auc": [0.8], "auc_low": [0.75], "auc_high": [0.8125], "n": [1200]}, index=["spam"]))
    [('', 'auc', 'n'), ('spam', '0.8 (0.75–0.812)', '1,200')]
    """
    names = [str(name) for name in frame.columns]
    bounds = {f"{name}{end}" for name in names for end in ("_low", "_high")}
    shown = [name for name in names if name not in bounds]
    index = [str(name or "") for name in frame.index.names]
    rows = [(*index, *shown)]
    for keys, values in zip(frame.index, frame.itertuples(index=False, name=None), strict=True):
        row = dict(zip(names, values, strict=True))
        front = keys if isinstance(keys, tuple) else (keys,)
        rows.append((*map(str, front), *(_with_bounds(row, name) for name in shown)))
    return rows


def _with_bounds(row: dict[str, Any], name: str) -> str:
    value, low, high = (_written(row.get(key, math.nan)) for key in (name, f"{name}_low", f"{name}_high"))
    return f"{value} ({low}–{high})" if low and high else value


def _written(value: Any) -> str:
    if isinstance(value, str | bool):
        return str(value)
    if _missing(value):
        return ""
    if not isinstance(value, float):
        return f"{value:,}"
    text = f"{value:,.{DIGITS}f}".rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


def _missing(value: Any) -> bool:
    return str(value) in ("None", "nan", "<NA>")


def plain_values(frame: pd.DataFrame, digits: int = 6) -> dict[str, dict[str, Any]]:
    """A frame as plain values that JSON can hold: by row, keys of several levels joined by ``/``, missing as None.

    Examples
    --------
    >>> import pandas as pd
    >>> plain_values(pd.DataFrame({"auc": [0.12345678, None]}, index=["spam", "abuse"]))
    {'spam': {'auc': 0.123457}, 'abuse': {'auc': None}}
    """
    names = [str(name) for name in frame.columns]
    keys = ["/".join(map(str, key)) if isinstance(key, tuple) else str(key) for key in frame.index]
    rows = frame.astype(object).to_numpy().tolist()
    return {key: {n: _plain(v, digits) for n, v in zip(names, row, strict=True)} for key, row in zip(keys, rows, strict=True)}


def _plain(value: Any, digits: int) -> Any:
    if isinstance(value, str | bool):
        return value
    if _missing(value):
        return None
    return round(value, digits) if isinstance(value, float) else int(value)


def to_markdown(title: str, summary: str, sections: Sequence[Section], *, level: int = 1) -> str:
    """A report in Markdown; pictures stand in it as SVG."""
    parts = [f"{'#' * level} {title}", summary]
    for section in sections:
        table = render.markdown_table(cells(section.frame)) if section.frame is not None else ""
        parts += [f"{'#' * (level + 1)} {section.title}", section.note, section.svg, table]
    return "\n\n".join(part for part in parts if part) + "\n"


def to_text(summary: str, sections: Sequence[Section]) -> str:
    """A report for a terminal, without pictures."""
    tables = [(section.title, render.table(cells(section.frame))) for section in sections if section.frame is not None]
    return "\n\n".join([summary, *(f"{title}\n{table}" for title, table in tables)])


def html_sections(sections: Sequence[Section]) -> str:
    """The sections as HTML, without a page around them."""
    parts = []
    for section in sections:
        table = render.html_table(cells(section.frame)) if section.frame is not None else ""
        parts.append(f"<h2>{html.escape(section.title)}</h2><p>{html.escape(section.note)}</p>{section.svg}{table}")
    return "".join(parts)


def to_html(title: str, summary: str, sections: Sequence[Section]) -> str:
    """One page that needs nothing from anywhere else."""
    return (
        f'<!doctype html><html lang="en-GB"><head><meta charset="utf-8"><title>{html.escape(title)}</title>'
        f"<style>{STYLE}</style></head><body><h1>{html.escape(title)}</h1><p>{html.escape(summary)}</p>"
        f"{html_sections(sections)}</body></html>\n"
    )


STYLE = (
    "body{font:16px/1.5 system-ui,sans-serif;max-width:75rem;margin:2rem auto;padding:0 1rem;color:#212b32}"
    "table{border-collapse:collapse;font-size:.85rem;display:block;overflow-x:auto}"
    "th,td{padding:.25rem .6rem;text-align:left;border-bottom:1px solid #d8dde0;white-space:nowrap}svg{max-width:100%}"
)
