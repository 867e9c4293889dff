"""Counts in, inline SVG out. Every chart has a title, a description and the same numbers as a table.

Widths are percentages and heights are in ``em``, so a chart fits any screen while its text keeps its size. Colours are
left to the style sheet of the page.
"""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

ROW = 1.9
"""Height of one bar with the space around it, in em."""
LABEL, LENGTH = 46, 40
"""Where bars begin and how long the longest is, in per cent of the width."""
HEIGHT, FOOT = 11, 1.6
"""Of a column chart and of the line of labels below it, in em."""


def bar_chart(name: str, title: str, counts: Sequence[tuple[str, int]]) -> str:
    """A horizontal bar for each count.

    Parameters
    ----------
    name : str
        A word for the page's own references, unlike that of any other chart.
    title : str
        What is counted.
    counts : sequence of (str, int)
        Label and count of each bar.

    Examples
    --------
    >>> chart = bar_chart("actions", "By action", [("Hide", 3), ("Remove", 0)])
    >>> "<title id=\\"actions-title\\">By action</title>" in chart, "<td>3</td>" in chart
    (True, True)
    """
    largest = max((count for _, count in counts), default=0) or 1
    bars = "".join(_bar(i, label, count, LENGTH * count / largest) for i, (label, count) in enumerate(counts))
    described = ", ".join(f"{label} {count:,}" for label, count in counts)
    rows = [(label, f"{count:,}") for label, count in counts]
    return _figure(name, title, described, bars, height=ROW * len(counts), table=_table(title, ("", "Comments"), rows))


def _bar(row: int, label: str, count: int, length: float) -> str:
    top = ROW * row
    return (
        f'<text x="0" y="{top + 1.3:.2f}em">{escape(label)}</text>'
        f'<rect class="bar" x="{LABEL}%" y="{top + 0.4:.2f}em" width="{length:.2f}%" height="1.1em" rx="2"/>'
        f'<text x="{LABEL + length:.2f}%" dx="0.4em" y="{top + 1.3:.2f}em">{count:,}</text>'
    )


def column_chart(name: str, title: str, names: tuple[str, str], counts: Sequence[tuple[str, int, int]]) -> str:
    """A column for each step of time: all of it, and in front of it a part.

    Parameters
    ----------
    name, title : str
        As in `bar_chart`.
    names : (str, str)
        What the whole and the part count.
    counts : sequence of (str, int, int)
        Label, whole and part of each column, in order of time.

    Examples
    --------
    >>> chart = column_chart("days", "By day", ("All", "Urgent"), [("1 May", 9, 2), ("2 May", 4, 0)])
    >>> chart.count('class="whole"'), "from 1 May to 2 May; at most 9 at once" in chart
    (2, True)
    """
    largest = max((whole for _, whole, _ in counts), default=0) or 1
    width = 100 / max(len(counts), 1)
    columns = "".join(
        _column(i * width, width, css, HEIGHT * count / largest)
        for i, (_, whole, part) in enumerate(counts)
        for css, count in (("whole", whole), ("part", part))
    )
    first, last = (counts[0][0], counts[-1][0]) if counts else ("", "")
    feet = (
        f'<text class="axis" x="0" y="{HEIGHT + FOOT:.2f}em">{escape(first)}</text>'
        f'<text class="axis" x="100%" y="{HEIGHT + FOOT:.2f}em" text-anchor="end">{escape(last)}</text>'
    )
    described = f"{names[0]} and {names[1]}, from {first} to {last}; at most {largest:,} at once"
    keys = "".join(f'<li class="key-{css}">{escape(key)}</li>' for css, key in zip(("whole", "part"), names, strict=True))
    rows = [(label, f"{whole:,}", f"{part:,}") for label, whole, part in counts]
    table = f'<ul class="keys">{keys}<li>highest: {largest:,}</li></ul>' + _table(title, ("", *names), rows)
    return _figure(name, title, described, columns + feet, height=HEIGHT + FOOT + 0.5, table=table)


def _column(left: float, width: float, css: str, height: float) -> str:
    gap = min(width * 0.15, 0.4)
    return (
        f'<rect class="{css}" x="{left + gap:.3f}%" y="{HEIGHT - height:.2f}em" '
        f'width="{width - 2 * gap:.3f}%" height="{height:.2f}em"/>'
    )


def _figure(name: str, title: str, described: str, content: str, *, height: float, table: str) -> str:
    return (
        f'<figure class="chart chart-{name}"><figcaption><h3>{escape(title)}</h3></figcaption>'
        f'<svg role="img" aria-labelledby="{name}-title {name}-desc" width="100%" height="{height:.2f}em">'
        f'<title id="{name}-title">{escape(title)}</title><desc id="{name}-desc">{escape(described)}</desc>'
        f"{content}</svg>{table}</figure>"
    )


def _table(title: str, heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    head = "".join(f'<th scope="col">{escape(name)}</th>' if name else "<td></td>" for name in heads)
    body = "".join(
        f'<tr><th scope="row">{escape(row[0])}</th>' + "".join(f"<td>{escape(cell)}</td>" for cell in row[1:]) + "</tr>"
        for row in rows
    )
    return (
        f'<details><summary>The numbers<span class="unseen">: {escape(title)}</span></summary>'
        f'<table><caption class="unseen">{escape(title)}</caption><thead><tr>{head}</tr></thead>'
        f"<tbody>{body}</tbody></table></details>"
    )
