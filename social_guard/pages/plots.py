"""Plots as SVG that stands inside a page; matplotlib draws them, and the same figures give the same bytes."""

from __future__ import annotations

import io
import math
import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ..exceptions import MissingExtraError

if TYPE_CHECKING:
    import pandas as pd

Line = Sequence[tuple[float, float, float, float]]
"""Points of a line: x, y, and the lower and upper end of y's interval."""
COLUMNS = 4


def reliability_plot(curves: pd.DataFrame) -> str:
    """Reliability curves, a small plot a head: the observed share against the mean score, with intervals.

    Parameters
    ----------
    curves : frame
        As `Evaluation.reliability`.

    Returns
    -------
    str
        One ``<svg>`` element.

    Raises
    ------
    MissingExtraError
        When matplotlib is not installed.
    """
    heads = list(dict.fromkeys(curves.index.get_level_values(0)))
    rows = -(-len(heads) // COLUMNS)
    figure = _figure(11, 2.6 * rows)
    for place, head in enumerate(heads):
        part = curves.loc[head]
        axes = figure.add_subplot(rows, COLUMNS, place + 1, title=head, xlim=(0, 1), ylim=(0, 1))
        axes.plot([0, 1], [0, 1], color="0.7", linewidth=1)
        _draw(axes, part[["mean_score", "observed", "observed_low", "observed_high"]].to_numpy().tolist(), "")
    return _svg(figure)


def line_plot(lines: Mapping[str, Line], *, x: str, y: str) -> str:
    """Lines with intervals over a logarithmic x, one colour a name.

    Raises
    ------
    MissingExtraError
        When matplotlib is not installed.
    """
    figure = _figure(7, 4.2)
    axes = figure.add_subplot(xlabel=x, ylabel=y, xscale="log")
    for name, points in lines.items():
        _draw(axes, points, name)
    axes.legend(frameon=False)
    axes.grid(color="0.9")
    return _svg(figure)


def _draw(axes: Any, points: Line, label: str) -> None:
    x, y, low, high = zip(*points, strict=True)
    bars = [[_bar(value - end) for value, end in zip(y, low, strict=True)], [_bar(end - value) for value, end in zip(y, high, strict=True)]]
    axes.errorbar(x, y, yerr=bars, marker="o", markersize=3, linewidth=1.2, elinewidth=0.8, label=label)


def _bar(length: float) -> float:
    """A redrawn measure may lie on one side of the measure itself; a missing end has no bar."""
    return 0.0 if math.isnan(length) else max(0.0, length)


def _figure(width: float, height: float) -> Any:
    try:
        from matplotlib.figure import Figure
    except ImportError as error:
        raise MissingExtraError("plots need matplotlib: pip install social_guard[plots]") from error
    return Figure(figsize=(width, height), layout="constrained")


def _svg(figure: Any) -> str:
    from matplotlib import rc_context

    stream = io.StringIO()
    with rc_context({"svg.hashsalt": "social_guard", "svg.fonttype": "none"}):
        figure.savefig(stream, format="svg", metadata={"Date": None, "Creator": None})
    return re.sub(r"^.*?(?=<svg)", "", stream.getvalue(), flags=re.DOTALL)
