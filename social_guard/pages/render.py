"""Plain values in, terminal text or HTML out. Everything that a person wrote is escaped."""

from __future__ import annotations

import html
from collections.abc import Iterable, Sequence
from itertools import accumulate, pairwise

Mark = tuple[int, int, float]
"""A range of characters and how strongly it speaks for a category: positive for, negative against."""


def printable(text: str) -> str:
    """Text that is safe on a terminal: control, bidirectional and invisible characters are spelled out.

    Examples
    --------
    >>> printable("ring\\x1b[31m me")
    'ring\\\\x1b[31m me'
    """
    if text.isprintable():
        return text
    return "".join([char if char.isprintable() or char == "\n" else _spelled(char) for char in text])


def _spelled(char: str) -> str:
    return char.encode("unicode_escape").decode("ascii")


def table(rows: Sequence[Sequence[str]]) -> str:
    """Rows of cells in aligned columns, the first row as heading.

    Examples
    --------
    >>> print(table([("term", "weight"), ("idiot", "2.10")]))
    term   weight
    idiot  2.10
    """
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    return "\n".join("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows)


def highlight(text: str, marks: Iterable[Mark]) -> str:
    """HTML of a text with coloured ranges; ranges may overlap, their strengths add up.

    Control and bidirectional characters are spelled out, as on a terminal: a browser would obey some and hide others.

    Examples
    --------
    >>> highlight("a <b>", [(0, 1, 2.0)])
    '<mark style="background:rgba(213,94,0,1.00)" title="+2.00">a</mark> &lt;b&gt;'
    """
    change: dict[int, float] = {0: 0.0, len(text): 0.0}
    for start, end, strength in marks:
        change[start] = change.get(start, 0.0) + strength
        change[end] = change.get(end, 0.0) - strength
    edges = sorted(change)
    strengths = [round(total, 6) for total in accumulate(change[edge] for edge in edges)]
    strongest = max(map(abs, strengths), default=0.0) or 1.0
    return "".join(
        _piece(text[start:end], strength, strongest) for (start, end), strength in zip(pairwise(edges), strengths, strict=False)
    )


def _piece(part: str, strength: float, strongest: float) -> str:
    escaped = html.escape(printable(part))
    if not strength:
        return escaped
    colour = "213,94,0" if strength > 0 else "0,114,178"
    return (
        f'<mark style="background:rgba({colour},{abs(strength) / strongest:.2f})" title="{strength:+.2f}">{escaped}</mark>'
    )


def markdown_table(rows: Sequence[Sequence[str]]) -> str:
    """Rows of cells as a Markdown table, the first row as heading; bars and line breaks in cells are harmless.

    Examples
    --------
    >>> print(markdown_table([("term", "weight"), ("a|b", "2.10")]))
    | term | weight |
    | --- | --- |
    | a\\|b | 2.10 |
    """
    lines = [[cell.replace("|", "\\|").replace("\n", " ") for cell in row] for row in rows]
    lines.insert(1, ["---"] * len(rows[0]))
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def html_table(rows: Sequence[Sequence[str]]) -> str:
    """Rows of cells as an HTML table, the first row as heading.

    Examples
    --------
    >>> html_table([("term",), ("<b>",)])
    '<table><thead><tr><th>term</th></tr></thead><tbody><tr><td>&lt;b&gt;</td></tr></tbody></table>'
    """
    head, *body = [[html.escape(cell) for cell in row] for row in rows]
    top = "".join(f"<th>{cell}</th>" for cell in head)
    lines = "".join(f"<tr>{''.join(f'<td>{cell}</td>' for cell in row)}</tr>" for row in body)
    return f"<table><thead><tr>{top}</tr></thead><tbody>{lines}</tbody></table>"


def finding(title: str, probability: float, marked: str) -> str:
    """HTML of one category: its name, its probability, and the comment, already marked, in its own reading direction.

    Examples
    --------
    >>> finding("hate_speech", 0.5, "a <mark>b</mark>")
    '<p><b>hate speech</b> 0.500</p><p dir="auto" style="white-space:pre-wrap">a <mark>b</mark></p>'
    """
    heading = f"<p><b>{highlight(title.replace('_', ' '), ())}</b> {probability:.3f}</p>"
    return f'{heading}<p dir="auto" style="white-space:pre-wrap">{marked}</p>'
