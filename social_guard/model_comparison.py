"""Two models on the same comments, before a release: what would change, and why."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from .arrays import Floats
from .categories import CATEGORIES
from .exceptions import DataError, check_columns
from .files.data import load_comments
from .guard import SocialGuard
from .policy.decide import DecisionTable
from .training import train_guard

if TYPE_CHECKING:
    import pandas as pd

DECIDED = ("action", "needs_review", "categories")
WORDS_SHOWN = 3
INTERCEPT = "(intercept)"


@dataclass(frozen=True, eq=False)
class ModelComparison:
    """What another model would do differently.

    Attributes
    ----------
    changes : pandas.DataFrame
        One row for each comment with another decision; the index is that of the comments. ``action_before``,
        ``action_after``, ``needs_review_before``, …, ``categories_after``; ``head``, whose score crossed a threshold (the
        one that moved most, of equals the gravest; blank where only rules differ), ``score_before``, ``score_after`` (missing where a model has no
        such head), and ``why``, the words behind it.
    scores : pandas.DataFrame
        One row a head: mean score before and after, and the mean absolute change.
    comments : int
        How many were compared.

    Examples
    --------
    >>> guard = SocialGuard.load()
    >>> print(compare_models(guard, guard, ["Thank you all", "You are idiots"]))
    2 comments were compared. Every decision stays as it is.
    """

    changes: pd.DataFrame
    scores: pd.DataFrame
    comments: int

    def __str__(self) -> str:
        return " ".join(self._sentences())

    def _sentences(self) -> Iterator[str]:
        yield f"{self.comments:,} comments were compared."
        if self.changes.empty:
            yield "Every decision stays as it is."
            return
        acted = self.changes[self.changes["action_before"] != self.changes["action_after"]]
        share = len(acted) / self.comments
        yield f"{len(acted):,} ({share:.1%}) would get another action, and {len(self.changes) - len(acted):,} more another review or category."
        moves = acted.groupby(["action_before", "action_after"]).size().sort_values(ascending=False, kind="stable")
        if len(moves):
            yield "Actions: " + "; ".join(f"{n:,} from {old} to {new}" for (old, new), n in moves.items()) + "."
        heads = self.changes.loc[self.changes["head"] != "", "head"].value_counts()
        if len(heads):
            yield "Behind it: " + "; ".join(f"{head.replace('_', ' ')} in {n:,}" for head, n in heads.items()) + "."


def compare_models(
    before: SocialGuard, after: SocialGuard, comments: pd.DataFrame | Sequence[str], *, text: str = "text"
) -> ModelComparison:
    """Decide on the same comments with two guards, each with its own thresholds.

    Parameters
    ----------
    before, after : SocialGuard
    comments : frame or sequence of str
        Rows without text are left out.
    text : str
        The column of a frame that holds the comments.

    Returns
    -------
    ModelComparison
        Its ``str()`` is a summary in plain English.

    Raises
    ------
    DataError
        When the column is missing.
    """
    import pandas as pd

    frame = _text_rows(comments, text)
    heads = list(dict.fromkeys([*before.heads, *after.heads]))
    sides = [_Side(guard, frame[text].tolist(), heads) for guard in (before, after)]
    decided = [guard.score_frame(frame, text)[list(DECIDED)].astype(object) for guard in (before, after)]
    changed = np.flatnonzero((decided[0] != decided[1]).any(axis=1))
    rows = [_change(sides, i, heads) for i in changed.tolist()]
    why = pd.DataFrame(rows, columns=["head", "score_before", "score_after", "why"], index=frame.index[changed])
    parts = [d.iloc[changed].add_suffix(suffix) for d, suffix in zip(decided, ("_before", "_after"), strict=True)]
    old, new = (side.scores for side in sides)
    scores = pd.DataFrame(
        {"before": old.mean(axis=0), "after": new.mean(axis=0), "mean_change": np.abs(new - old).mean(axis=0)}, index=heads
    )
    return ModelComparison(pd.concat([*parts, why], axis=1), scores, len(frame))


def _text_rows(comments: pd.DataFrame | Sequence[str], text: str) -> pd.DataFrame:
    import pandas as pd

    if isinstance(comments, str):
        raise DataError("one text was given; give a frame or a list of texts")
    frame = comments if isinstance(comments, pd.DataFrame) else pd.DataFrame({text: list(comments)})
    check_columns(frame.columns, text)
    return frame.loc[[isinstance(comment, str) for comment in frame[text]], [text]]


class _Side:
    """One guard's view of the comments, for the heads of both; what it lacks has no score and reaches no threshold."""

    def __init__(self, guard: SocialGuard, texts: Sequence[str], heads: Sequence[str]) -> None:
        self.guard = guard
        self.texts = texts
        columns = [heads.index(head) for head in guard.heads]
        self.scores: Floats = np.full((len(texts), len(heads)), np.nan)
        self.scores[:, columns] = guard.scores(texts)
        self.levels = np.zeros((len(texts), len(heads)), np.int8)
        self.levels[:, columns] = DecisionTable(guard.policy, guard.heads).levels(self.scores[:, columns])

    def log_odds(self, i: int) -> Floats:
        """Of one comment, very low where there is no score."""
        bounded = np.clip(np.nan_to_num(self.scores[i]), 1e-12, 1 - 1e-12)
        return np.log(bounded / (1 - bounded))

    def word_shares(self, i: int, head: str) -> dict[str, float]:
        """What each word of the comment adds to a head, and what the head starts from; nothing if there is no such head."""
        if head not in self.guard.heads:
            return {}
        explanation = self.guard.explain(self.texts[i])
        column = explanation.word_contributions[:, explanation.heads.index(head)].tolist()
        shares = {word.key: share for word, share in zip(explanation.words, column, strict=True)}
        return shares | {INTERCEPT: explanation.intercepts[head]}


def _change(sides: Sequence[_Side], i: int, heads: Sequence[str]) -> tuple[str, float, float, str]:
    """The head behind a changed decision, its scores, and the words behind it; blank where only rules differ."""
    shift = sides[1].log_odds(i) - sides[0].log_odds(i)
    crossed = sides[0].levels[i] != sides[1].levels[i]
    categories = crossed & np.isin(heads, list(CATEGORIES))
    if not crossed.any():
        return "", np.nan, np.nan, ""
    candidates = np.flatnonzero(categories if categories.any() else crossed).tolist()
    h = max(candidates, key=lambda c: (abs(shift[c]), -CATEGORIES[heads[c]].severity if heads[c] in CATEGORIES else 0))
    shares = [side.word_shares(i, heads[h]) for side in sides]
    differences = {word: shares[1].get(word, 0.0) - shares[0].get(word, 0.0) for word in dict.fromkeys([*shares[0], *shares[1]])}
    strongest = sorted(differences.items(), key=lambda item: -item[1] * np.sign(shift[h]))[:WORDS_SHOWN]
    why = ", ".join(f"{word} {difference:+.2f}" for word, difference in strongest if difference * shift[h] > 0)
    return heads[h], float(sides[0].scores[i, h]), float(sides[1].scores[i, h]), why


def train_without(
    source: str, comments: pd.DataFrame | str | Path, *, corpora: pd.DataFrame | str | Path | None = None, **options: Any
) -> SocialGuard:
    """Train a guard as `train_guard` does, but without one source: compare the two to see what the source does.

    Parameters
    ----------
    source : str
        Its name in the column ``source``.
    comments, corpora, **options
        As for `train_guard`.

    Raises
    ------
    DataError
        When no comment is of that source.
    """
    own = load_comments(comments)
    public = None if corpora is None else load_comments(corpora, licence_class=None if hasattr(corpora, "columns") else "open")
    frames = [frame for frame in (own, public) if frame is not None]
    known = sorted({name for frame in frames for name in frame["source"]})
    if source not in known:
        raise DataError(f"no comment is of the source {source!r}; the sources are {', '.join(known)}")
    kept = [frame[frame["source"] != source].reset_index(drop=True) for frame in frames]
    return train_guard(kept[0], corpora=kept[1] if public is not None else None, **options)
