"""Why a comment has its scores: the sum itself, term by term, pointing at what the person wrote.

What is shown on request is worked out on request: an explanation that nobody opens costs little more than a score.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import repeat
from typing import TYPE_CHECKING, Any

import numpy as np

from ..arrays import Floats, Integers
from ..exceptions import DataError, check_columns
from ..model.context import context_units
from ..model.features import Unit, find_units
from ..model.scorer import NORM_UNIT, Scorer, to_probability
from ..pages import render
from .model_views import token_parts
from .removal import Removal, smallest_removal
from .written_words import find_words, quote, share_out

if TYPE_CHECKING:
    import pandas as pd

FORMAT = 1
"""Of the dictionary; rises when a reader of the last one would misread it (see ``docs/explanation.schema.json``)."""
SHARE_SHOWN = 0.5
MOST_SHOWN = 5
BLOCK = 4096
COLUMNS = ("row", "category", "term", "start", "end", "contribution")


@dataclass(frozen=True, eq=False)
class Explanation:
    """The log-odds of every head as an intercept and one contribution a unit; they add up exactly.

    Attributes
    ----------
    text : str
        What the person wrote.
    scorer : Scorer
        The model.
    units : tuple of Unit
        What the model weighed, with the ranges of characters where it stands.
    rows : (n_units, n_heads + 1) int array
        Their values and norms.
    post : str
        What the comment answers, if that is known.

    Examples
    --------
    >>> from social_guard import SocialGuard
    >>> explanation = SocialGuard.load().explain("You are an id1ot, and I mean it")
    >>> explanation.deciding_words("offensive_language")
    ['id1ot']
    >>> total = explanation.intercepts["spam"] + explanation.contributions[:, explanation.heads.index("spam")].sum()
    >>> bool(abs(total - explanation.logits["spam"]) < 1e-9)
    True
    >>> explanation.counterfactual("offensive_language", 0.5).text
    'You are an  , and I mean it'
    """

    text: str
    scorer: Scorer = field(repr=False)
    units: tuple[Unit, ...] = field(repr=False)
    rows: Integers = field(repr=False)
    post: str = field(default="", repr=False)

    @property
    def heads(self) -> tuple[str, ...]:
        """The heads of the model, one column of contributions each."""
        return self.scorer.weights.heads

    @cached_property
    def intercepts(self) -> Mapping[str, float]:
        """In log-odds, of each head."""
        return self._named(self.scorer.weights.intercepts)

    @cached_property
    def log_odds(self) -> Floats:
        """Of every head, shape (n_heads,)."""
        return self.scorer.to_log_odds(self.rows.sum(axis=0, keepdims=True))[0]

    @cached_property
    def logits(self) -> Mapping[str, float]:
        """The log-odds of each head."""
        return self._named(self.log_odds)

    @cached_property
    def probabilities(self) -> Mapping[str, float]:
        """The calibrated probability of each head."""
        return self._named(to_probability(self.log_odds))

    @cached_property
    def contributions(self) -> Floats:
        """What each unit adds to each head, in log-odds, shape (n_units, n_heads)."""
        return self.scorer.weights.steps * self.rows[:, :-1] / self._norm

    def _named(self, values: Floats) -> dict[str, float]:
        return dict(zip(self.heads, values.tolist(), strict=True))

    @cached_property
    def _norm(self) -> float:
        return float(np.sqrt(max(int(self.rows[:, -1].sum()), 1) * NORM_UNIT))

    @cached_property
    def words(self) -> tuple[Unit, ...]:
        """The distinct words as a reader sees them (see `written_words`)."""
        return find_words(self.text, self.units)

    @cached_property
    def _shares(self) -> Floats:
        return share_out(self.units, self.contributions, self.words)

    @property
    def word_contributions(self) -> Floats:
        """What each word adds to each head, shape (n_words, n_heads)."""
        return self._shares[:-1]

    @property
    def form_contributions(self) -> Floats:
        """What the form of the comment adds to each head beside its words, such as its length, shape (n_heads,)."""
        return self._shares[-1]

    def strongest_words(self, head: str, share: float = SHARE_SHOWN) -> list[Unit]:
        """The words that add to a head at least so much of what its strongest word adds, the strongest first.

        People who mark the toxic words of a comment agree best with a share of a half (``docs/figures/rationales.md``).
        """
        column = self.word_contributions[:, self._column(head)]
        least = max(share * column.max(initial=0.0), np.finfo(float).tiny)
        return [self.words[w] for w in np.argsort(-column, kind="stable") if column[w] >= least]

    def deciding_words(self, head: str, most: int = MOST_SHOWN) -> list[str]:
        """What the person wrote that speaks most for a head, the strongest first; neighbours are quoted together.

        Only words that add to the score are ever quoted (see `strongest_words`).
        """
        spans = [word.spans[0] for word in self.strongest_words(head)[:most]]
        return [render.printable(quoted) for quoted in quote(self.text, spans)]

    def counterfactual(self, head: str, threshold: float = 0.5) -> Removal | None:
        """The smallest set of words without which the probability of a head is below a threshold.

        Returns
        -------
        Removal or None
            See `explaining.removal.smallest_removal` for what is guaranteed.
        """
        limits = np.full(len(self.heads), np.inf)
        limits[self._column(head)] = threshold
        return self.removal(limits)

    def removal(self, limits: Floats) -> Removal | None:
        """The smallest set of words without which every probability is below its limit, shape (n_heads,)."""
        reached = np.flatnonzero(to_probability(self.log_odds) >= limits)
        strength = self.word_contributions[:, reached].max(axis=1, initial=-np.inf)
        likeliest = [self.words[w] for w in np.argsort(-strength, kind="stable")]
        return smallest_removal(self.text, likeliest, limits, self._log_odds_of)

    def _log_odds_of(self, texts: Sequence[str]) -> Floats:
        """Of other texts under the same post."""
        return self.scorer.log_odds(texts, [self.post] * len(texts))

    # ------------------------------------------------------------------------------------------------------- views

    def top_terms(self, head: str, most: int = 5) -> list[tuple[Unit, float]]:
        """The units that speak most for a head, with their contributions."""
        column = self.contributions[:, self._column(head)]
        order = np.argsort(-column, kind="stable")[:most]
        return [(self.units[u], float(column[u])) for u in order if column[u] > 0]

    def likeliest(self, most: int = 3) -> list[str]:
        """The heads with the highest probability."""
        return sorted(self.heads, key=lambda head: -self.probabilities[head])[:most]

    def parts(self, token: str) -> pd.DataFrame:
        """What a token's contribution is made of: category, kind (word, gram or class), part, contribution."""
        tokens = [unit.key for unit in self.units if unit.kind in ("token", "mark")]
        if token not in tokens:
            held = ", ".join(map(repr, tokens))
            raise DataError(f"the model weighed no token {token!r} in this comment; it weighed {held or 'none'}")
        kinds, parts, values = zip(*token_parts(self.scorer.weights, token), strict=True)
        return self._by_head(self.scorer.weights.steps * np.array(values) / self._norm, kind=kinds, part=parts)

    def to_frame(self) -> pd.DataFrame:
        """One row a term and head: category, term, kind, start, end, contribution; the strongest first."""
        kinds, keys, spans = zip(*self.units, strict=True) if self.units else ((), (), ())
        starts, ends = zip(*(where[0] for where in spans), strict=True) if spans else ((), ())
        return self._by_head(self.contributions, term=keys, kind=kinds, start=starts, end=ends)

    def _by_head(self, contributions: Floats, **columns: Sequence[Any]) -> pd.DataFrame:
        """One row for each contribution, shape (n, n_heads), head after head; what stands in columns of length n beside it."""
        import pandas as pd

        values = contributions.T
        order = np.argsort(-np.abs(values), axis=1, kind="stable")
        held = {name: np.array(column, np.int64 if name in ("start", "end") else object) for name, column in columns.items()}
        return pd.DataFrame(
            {
                "category": np.repeat(np.array(self.heads, object), values.shape[1]),
                **{name: column[order].ravel() for name, column in held.items()},
                "contribution": np.take_along_axis(values, order, axis=1).ravel(),
            }
        )

    def to_dict(self, *, utf16: bool = False) -> dict[str, Any]:
        """Plain values that JSON can hold, as ``docs/explanation.schema.json`` describes them.

        Parameters
        ----------
        utf16 : bool
            Count places as JavaScript and Java do, where an emoji is two characters.
        """
        place = utf16_places(self.text) if utf16 else range(len(self.text) + 1)
        return {
            "format": FORMAT,
            "text": self.text,
            "offsets": "utf-16" if utf16 else "code points",
            "terms": [
                {"term": key, "kind": kind, "spans": [[place[start], place[end]] for start, end in spans]}
                for kind, key, spans in self.units
            ],
            "heads": [
                {"head": head, "intercept": intercept, "logit": logit, "probability": probability, "contributions": column}
                for head, intercept, logit, probability, column in zip(
                    self.heads,
                    self.intercepts.values(),
                    self.logits.values(),
                    self.probabilities.values(),
                    self.contributions.T.tolist(),
                    strict=True,
                )
            ],
        }

    def __str__(self) -> str:
        rows = [("category", "probability", "strongest terms")]
        for head in self.likeliest():
            terms = ", ".join(f"{unit.key} {c:+.2f}" for unit, c in self.top_terms(head))
            rows.append((render.printable(head), f"{self.probabilities[head]:.3f}", render.printable(terms)))
        return f"{render.printable(self.text)}\n\n{render.table(rows)}"

    def _repr_html_(self) -> str:
        return "".join(
            render.finding(head, self.probabilities[head], render.highlight(self.text, self._marks(head)))
            for head in self.likeliest()
        )

    def _marks(self, head: str) -> list[render.Mark]:
        column = self.word_contributions[:, self._column(head)].tolist()
        return [(*span, strength) for word, strength in zip(self.words, column, strict=True) for span in word.spans]

    def _column(self, head: str) -> int:
        if head not in self.heads:
            raise DataError(f"the model has no head {head!r}; it has {', '.join(self.heads)}")
        return self.heads.index(head)


def utf16_places(text: str) -> list[int]:
    """Where each character starts as JavaScript and Java count, and where the last one ends.

    Examples
    --------
    >>> utf16_places("a🐷b")
    [0, 1, 3, 4]
    """
    places = [0]
    for char in text:
        places.append(places[-1] + 1 + (char > "\uffff"))
    return places


def explain_prediction(scorer: Scorer, text: str, post: str = "") -> Explanation:
    """Take the scores of one comment apart.

    Units that the model does not know, and that so neither add nor dilute, are left out.

    Parameters
    ----------
    scorer : Scorer
    text : str
    post : str
        What the comment answers, if that is known.

    Returns
    -------
    Explanation
    """
    units = find_units(text, scorer.known, scorer.weights.words.index)
    if post:
        units += [unit for unit in context_units(units, post) if unit.key in scorer.weights.words.index]
    rows = scorer.unit_rows([unit.key for unit in units])
    weighed = rows[:, -1] > 0
    if not weighed.all():
        units, rows = [units[u] for u in np.flatnonzero(weighed)], rows[weighed]
    return Explanation(text, scorer, tuple(units), rows, post)


def explain_frame(
    scorer: Scorer, frame: pd.DataFrame, limits: Floats, *, text: str = "text", post: str | None = None, top: int | None = 5
) -> pd.DataFrame:
    """Explain the comments of a frame in one long frame.

    Parameters
    ----------
    scorer : Scorer
    frame : pandas.DataFrame
    limits : (n_heads,) float array
        A comment is explained for the heads whose probability reaches these.
    text : str
        The column that holds the comments; a row without text has no explanation.
    post : str, optional
        The column with the posts that they answer.
    top : int or None
        How many terms to keep for a comment and head, the strongest for or against; None keeps all.

    Returns
    -------
    pandas.DataFrame
        `COLUMNS`, with the label of the row in the index of ``frame``; one row a term.

    Raises
    ------
    DataError
        When the column is missing.
    """
    import pandas as pd

    check_columns(frame.columns, text, post)
    posts = frame[post] if post is not None else repeat("")
    cells = zip(frame.index, frame[text], posts, strict=post is not None)
    comments = [(label, comment, about if isinstance(about, str) else "") for label, comment, about in cells if isinstance(comment, str)]
    rows: list[tuple[Any, ...]] = []
    for start in range(0, len(comments), BLOCK):
        block = comments[start : start + BLOCK]
        texts, about = [comment for _, comment, _ in block], [about for _, _, about in block]
        reached = to_probability(scorer.log_odds(texts, about)) >= limits
        for i in np.flatnonzero(reached.any(axis=1)).tolist():
            explanation = explain_prediction(scorer, texts[i], about[i])
            for head in np.flatnonzero(reached[i]).tolist():
                rows += _term_rows(block[i][0], explanation, head, top)
    columns = zip(*rows, strict=True) if rows else [()] * len(COLUMNS)
    return pd.DataFrame(dict(zip(COLUMNS, columns, strict=True)))


def _term_rows(label: Any, explanation: Explanation, column: int, top: int | None) -> list[tuple[Any, ...]]:
    head, contributions = explanation.heads[column], explanation.contributions[:, column]
    order = np.argsort(-np.abs(contributions), kind="stable")[:top]
    chosen = zip([explanation.units[u] for u in order.tolist()], contributions[order].tolist(), strict=True)
    return [(label, head, key, *spans[0], contribution) for (_, key, spans), contribution in chosen]
