"""Why a comment has its scores: the sum itself, term by term, pointing at what the person wrote."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from . import render
from .features import Unit, find_units
from .scorer import NORM_UNIT, Floats, Scorer, to_probability

if TYPE_CHECKING:
    import pandas as pd


SHARE_SHOWN = 0.5
MOST_SHOWN = 5


@dataclass(frozen=True, eq=False)
class Explanation:
    """The log-odds of every head as an intercept and one contribution a unit; they add up exactly.

    Attributes
    ----------
    text : str
        What the person wrote.
    heads : tuple of str
        The heads of the model, one column of contributions each.
    intercepts, logits, probabilities : dict of str to float
        Of each head; intercepts and logits in log-odds.
    units : tuple of Unit
        The units that the model weighed, with the ranges of characters where they stand.
    contributions : (n_units, n_heads) float array
        In log-odds.
    """

    text: str
    heads: tuple[str, ...]
    intercepts: Mapping[str, float]
    logits: Mapping[str, float]
    probabilities: Mapping[str, float]
    units: tuple[Unit, ...]
    contributions: Floats

    def to_frame(self) -> pd.DataFrame:
        """One row a term and head: category, term, kind, start, end, contribution; the strongest first."""
        import pandas as pd

        rows = [
            (head, unit.key, unit.kind, *unit.spans[0], float(self.contributions[u, h]))
            for h, head in enumerate(self.heads)
            for u, unit in enumerate(self.units)
        ]
        frame = pd.DataFrame(rows, columns=["category", "term", "kind", "start", "end", "contribution"])
        order = frame["contribution"].abs().sort_values(ascending=False, kind="stable").index
        return frame.loc[order].sort_values("category", kind="stable", key=self._position).reset_index(drop=True)

    def _position(self, categories: pd.Series) -> pd.Series:
        return categories.map({head: h for h, head in enumerate(self.heads)})

    def to_dict(self) -> dict[str, Any]:
        """Plain values that JSON can hold."""
        return {
            "text": self.text,
            "heads": [
                {
                    "head": head,
                    "intercept": self.intercepts[head],
                    "logit": self.logits[head],
                    "probability": self.probabilities[head],
                    "terms": [
                        {"term": unit.key, "kind": unit.kind, "spans": [list(span) for span in unit.spans], "contribution": c}
                        for unit, c in zip(self.units, self.contributions[:, h].tolist(), strict=True)
                    ],
                }
                for h, head in enumerate(self.heads)
            ],
        }

    def top_terms(self, head: str, most: int = 5) -> list[tuple[Unit, float]]:
        """The units that speak most for a head, with their contributions."""
        column = self.contributions[:, self.heads.index(head)]
        order = np.argsort(-column, kind="stable")[:most]
        return [(self.units[u], float(column[u])) for u in order if column[u] > 0]

    def deciding_words(self, head: str) -> list[str]:
        """What the person wrote where the units stand that speak most for a head, without repetition.

        Only places of units that add to the score, the strongest first, until they make up half of what does.
        """
        terms = self.top_terms(head, most=len(self.units))
        total = sum(contribution for _, contribution in terms)
        words: list[str] = []
        covered = 0.0
        for unit, contribution in terms:
            if covered >= SHARE_SHOWN * total or len(words) >= MOST_SHOWN:
                break
            start, end = unit.spans[0]
            word = render.printable(self.text[start:end])
            covered += contribution
            if not any(word in other or other in word for other in words):
                words.append(word)
        return words

    def likeliest(self, most: int = 3) -> list[str]:
        """The heads with the highest probability."""
        return sorted(self.heads, key=lambda head: -self.probabilities[head])[:most]

    def __str__(self) -> str:
        rows = [("category", "probability", "strongest terms")]
        for head in self.likeliest():
            terms = ", ".join(f"{unit.key} {c:+.2f}" for unit, c in self.top_terms(head))
            rows.append((render.printable(head), f"{self.probabilities[head]:.3f}", render.printable(terms)))
        return f"{render.printable(self.text)}\n\n{render.table(rows)}"

    def _repr_html_(self) -> str:
        parts = []
        for head in self.likeliest():
            column = self.contributions[:, self.heads.index(head)]
            marks = [(*span, float(c)) for unit, c in zip(self.units, column, strict=True) for span in unit.spans]
            marked = render.highlight(self.text, marks)
            parts.append(f"<p><b>{render.highlight(head, ())}</b> {self.probabilities[head]:.3f}<br>{marked}</p>")
        return "".join(parts)


def explain_prediction(scorer: Scorer, text: str) -> Explanation:
    """Take the scores of one comment apart.

    Units that the model does not know, and that so neither add nor dilute, are left out.

    Parameters
    ----------
    scorer : Scorer
    text : str

    Returns
    -------
    Explanation
    """
    found = find_units(text, scorer.known)
    rows = scorer.unit_rows([unit.key for unit in found])
    weighed = np.flatnonzero(rows[:, -1])
    total = rows.sum(axis=0, keepdims=True)
    norm = np.sqrt(np.maximum(total[:, -1], 1) * NORM_UNIT)
    logits = scorer.to_log_odds(total)[0]
    heads = scorer.weights.heads
    return Explanation(
        text=text,
        heads=heads,
        intercepts=dict(zip(heads, scorer.weights.intercepts.tolist(), strict=True)),
        logits=dict(zip(heads, logits.tolist(), strict=True)),
        probabilities=dict(zip(heads, to_probability(logits).tolist(), strict=True)),
        units=tuple(found[u] for u in weighed),
        contributions=scorer.weights.steps * rows[weighed, :-1] / norm,
    )
