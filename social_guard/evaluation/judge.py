"""What every evaluation asks of a guard: scores, and the thresholds that they are held against."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from ..arrays import Floats
from ..categories import NOT_ENGLISH
from ..policy.settings import LEVELS, Policy
from ..prevalence import shift_prevalence

if TYPE_CHECKING:
    import pandas as pd

EVEN = 0.5
"""The prevalence to which scores are shifted, since a calibrated score of a rare category seldom passes 0.5."""


class Judge(Protocol):
    """What a guard offers; anything else that does can be evaluated in its place."""

    @property
    def heads(self) -> tuple[str, ...]:
        """What is scored."""

    @property
    def policy(self) -> Policy:
        """The thresholds."""

    @property
    def manifest(self) -> dict[str, Any]:
        """``prevalence`` holds the share of each category that is assumed."""

    @property
    def model_hash(self) -> str:
        """The name of the model."""

    def scores(self, texts: Sequence[str]) -> Floats:
        """Probabilities of every head, shape (n_texts, n_heads)."""


def score_table(judge: Judge, texts: Sequence[str]) -> pd.DataFrame:
    """The scores of a guard as a frame: a row a text, a column a head."""
    import pandas as pd

    return pd.DataFrame(judge.scores(list(texts)), columns=list(judge.heads))


def steps_of(policy: Policy, head: str) -> dict[str, float]:
    """From which score on each step is taken: those of `policy.settings.LEVELS`, or ``shown`` for a signpost.

    Examples
    --------
    >>> from social_guard.policy.reading import parse_policy
    >>> policy = parse_policy("version = 1\\n[categories.spam]\\nhide = 0.5\\n[signposts]\\ncomplaint = 0.3")
    >>> steps_of(policy, "spam"), steps_of(policy, "complaint"), steps_of(policy, "not_english")
    ({'review': 0.5, 'hide': 0.5}, {'shown': 0.3}, {'review': 0.5})
    """
    if head == NOT_ENGLISH:
        return {"review": policy.not_english}
    if head in policy.signposts:
        return {"shown": policy.signpost_threshold(head)}
    thresholds = policy.categories[head].thresholds() if head in policy.categories else ()
    return {level: limit for level, limit in zip(LEVELS, thresholds, strict=False) if np.isfinite(limit)}


def even_scores(judge: Judge, scores: pd.DataFrame) -> pd.DataFrame:
    """Probabilities as they would be if half of the comments belonged to each head.

    They are missing for a head whose share is not known.
    """
    assumed = judge.manifest.get("prevalence", {})
    shares = np.array([assumed.get(str(head), np.nan) for head in scores.columns])
    shifted: pd.DataFrame = shift_prevalence(scores, shares, EVEN)
    return shifted


def first_limits(policy: Policy, head: str) -> tuple[float, float]:
    """From which score on a head brings anything (a person, a signpost, an action), and from which an action.

    Missing where it never does.
    """
    steps = steps_of(policy, head)
    acting = [limit for step, limit in steps.items() if step not in ("review", "shown")]
    return min(steps.values(), default=np.nan), min(acting, default=np.nan)
