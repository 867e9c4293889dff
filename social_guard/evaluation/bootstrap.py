"""How sure a measure is: comments are drawn again, with repetition, and the measure is taken again.

A redraw is a weight for each comment: how often it was drawn. What belongs together (all that one writer wrote, texts
written from one another) is drawn together, and each stratum keeps its number of units.

References
----------
Efron B., Tibshirani R. An introduction to the bootstrap. Chapman and Hall 1993.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..arrays import Floats

LEAST_UNITS = 5
"""A stratum with fewer units joins the other small ones: drawing one unit from one says nothing."""
BLOCK = 1_000_000
"""How many weights are written out at a time."""


@dataclass(frozen=True, eq=False)
class Redraws:
    """How often each unit was drawn; the first row is the comments as they are, each once.

    Sums are taken over units, which costs little where a unit has many comments, and a block of redraws at a time.

    Attributes
    ----------
    counts : (n_redraws, n_units) array
    unit : (n_comments,) integer array
        The unit of each comment.
    """

    counts: NDArray[Any]
    unit: NDArray[np.intp]

    @classmethod
    def none(cls, n_comments: int) -> Redraws:
        """The comments as they are, and no redraws."""
        return cls(np.ones((1, n_comments)), np.arange(n_comments))

    def first(self) -> Redraws:
        """The comments as they are, without the redraws."""
        return Redraws(self.counts[:1], self.unit)

    def __len__(self) -> int:
        return len(self.counts)

    def among(self, rows: NDArray[np.intp]) -> Redraws:
        """The same redraws, for some of the comments."""
        used, unit = np.unique(self.unit[rows], return_inverse=True)
        return Redraws(self.counts if len(used) == self.counts.shape[1] else self.counts[:, used], unit)

    def sums(self, columns: Floats) -> Floats:
        """Sums of columns over the comments of each redraw: (n_comments, n_columns) in, (n_redraws, n_columns) out."""
        width = self.counts.shape[1]
        of_units = np.column_stack([np.bincount(self.unit, column, minlength=width) for column in columns.T])
        return np.concatenate([counts @ of_units for counts in self._blocks(width)])

    def sums_of_runs(self, order: NDArray[np.intp], starts: NDArray[np.intp]) -> Floats:
        """How many comments were drawn from each run of comments in a given order: (n_redraws, n_runs)."""
        unit = self.unit[order]
        return np.concatenate([np.add.reduceat(counts[:, unit], starts, axis=1) for counts in self._blocks(len(order))])

    def _blocks(self, width: int) -> Iterator[Floats]:
        size = max(1, BLOCK // max(width, 1))
        for start in range(0, len(self.counts), size):
            yield self.counts[start : start + size].astype(float)


def draw(
    units: Sequence[str] | NDArray[Any], strata: Sequence[int] | NDArray[Any], *, redraws: int = 1000, seed: int = 0
) -> Redraws:
    """Draw units again and again.

    Parameters
    ----------
    units : (n_comments,) sequence of str
        The unit of each comment.
    strata : (n_comments,) sequence of int
        A unit stands in the smallest stratum of its comments.
    redraws : int, default=1000
    seed : int, default=0

    Examples
    --------
    >>> drawn = draw(["ann", "ann", "bob", "cy"], [0, 0, 0, 0], redraws=2)
    >>> drawn.counts.sum(axis=1).tolist(), drawn.unit.tolist()
    ([3, 3, 3], [0, 0, 1, 2])
    """
    names, unit = np.unique(np.asarray(units, dtype=str), return_inverse=True)
    stratum = np.full(len(names), np.iinfo(np.int64).max)
    np.minimum.at(stratum, unit, np.asarray(strata, np.int64))
    _, stratum, sizes = np.unique(stratum, return_inverse=True, return_counts=True)
    stratum = np.where(sizes[stratum] < LEAST_UNITS, -1, stratum)
    counts = np.zeros((1 + redraws, len(names)), np.uint16)
    counts[0] = 1
    random = np.random.default_rng(seed)
    for value in np.unique(stratum):
        members = np.flatnonzero(stratum == value)
        for row in counts[1:]:
            row[members] = np.bincount(random.integers(len(members), size=len(members)), minlength=len(members))
    return Redraws(counts, unit)


def with_interval(measures: Mapping[str, Floats], level: float = 0.95) -> dict[str, float]:
    """Each measure as it is, and between which values it lies in most redraws: ``auc``, ``auc_low``, ``auc_high``.

    Examples
    --------
    >>> with_interval({"auc": np.array([0.8, 0.7, 0.8, 0.9])}, level=1.0)
    {'auc': 0.8, 'auc_low': 0.7, 'auc_high': 0.9}
    """
    summary: dict[str, float] = {}
    for name, values in measures.items():
        drawn = values[1:][~np.isnan(values[1:])]
        ends = np.quantile(drawn, [(1 - level) / 2, (1 + level) / 2]) if len(drawn) else (np.nan, np.nan)
        summary |= {name: float(values[0]), f"{name}_low": float(ends[0]), f"{name}_high": float(ends[1])}
    return summary
