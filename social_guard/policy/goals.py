"""What thresholds are tuned to: a promised precision, or a cost."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from ..categories import CATEGORIES
from ..exceptions import TuningError
from .promise import Promise
from .settings import LEVELS, CategoryRule

PROMISED: Mapping[str, float] = {"hide": 0.80, "remove": 0.95, "report": 0.95}
"""The precision that each step must have unless other figures are given."""
UNPROVEN = ("raise", "drop", "keep")
COSTS = ("miss", "false_alarm")
LEAST_CONFIDENCE = 0.75
"""The bounds are shown to hold from here on."""

AS_DRAWN = "as drawn"

Precision = Mapping[str, float | Mapping[str, float]]
Prevalence = Mapping[str, float] | float | str


@dataclass(frozen=True)
class Goal:
    """What thresholds are tuned to.

    Attributes
    ----------
    precision : mapping, optional
        For each step the share of the comments it touches that must belong to the category: ``{"hide": 0.8}`` for every
        category that has this step in the policy file, ``{"spam": {"hide": 0.8}}`` for one alone, or both; by default
        `PROMISED`.
    costs : mapping, optional
        Instead of a promise, ``{"miss": 5, "false_alarm": 1}``, for every category or by category: the mildest
        step is put where the expected cost is lowest. An estimate, without any guarantee.
    confidence : float
        How sure each promise must be: in at most a share 1 - confidence of all samples of labels that one might have
        drawn it is broken.
    prevalence : mapping of str to float, float or "as drawn", optional
        The share of each category where the guard is used, or one share for all; those left out are taken from the model,
        or else from `categories.CATEGORIES`. With `AS_DRAWN` the labelled comments are a random sample of the comments in use,
        or of those that score above some threshold: their own shares count.
    joint : bool
        Whether the confidence is that of all promises together (Bonferroni: each is given its part of the error).
    unproven : {"raise", "drop", "keep"}
        What to do where the labels do not prove the promise: refuse to tune, take the step out of the file, or keep its
        threshold, not proven.
    comments_per_week : int
        For the volumes in the report.
    """

    precision: Precision | None = None
    costs: Mapping[str, Any] | None = None
    confidence: float = 0.95
    prevalence: Prevalence | None = None
    joint: bool = False
    unproven: str = "raise"
    comments_per_week: int = 1000

    def steps(self, category: str) -> Mapping[str, float]:
        """The precision asked of each step of a category."""
        if self.costs is not None:
            return {}
        return _for_category(PROMISED if self.precision is None else self.precision, category)

    def tuned_steps(self, category: str, rule: CategoryRule) -> tuple[str, ...]:
        """The steps of a category that get a promise: those asked for that the file has, or that are named for it."""
        asked, named = self.steps(category), (self.precision or {}).get(category)
        ours = named if isinstance(named, Mapping) else {}
        return tuple(s for s in LEVELS[1:] if s in asked and (getattr(rule, s) is not None or s in ours))

    def promise(self, category: str, step: str, asked: int) -> Promise:
        """What one step must keep; of ``asked`` promises together, it has its part of the error."""
        error = (1 - self.confidence) / (asked if self.joint else 1)
        return Promise(self.steps(category)[step], self.shares[category], error)

    @property
    def shares(self) -> Mapping[str, float]:
        """The prevalence of every category, as far as it is told."""
        return {key: category.prevalence for key, category in CATEGORIES.items()} | _by_category(self.prevalence)

    def known_to_model(self, shares: Mapping[str, float]) -> Goal:
        """The same goal, in which the shares that a model assumes fill in those that are not told."""
        return self if isinstance(self.prevalence, str) else replace(self, prevalence={**shares, **_by_category(self.prevalence)})

    def category_costs(self, category: str) -> Mapping[str, float]:
        """What a missed comment and a false alarm cost, if the category is tuned by cost."""
        return _for_category(self.costs or {}, category)


def _by_category(prevalence: Prevalence | None) -> dict[str, float]:
    if isinstance(prevalence, Mapping):
        return dict(prevalence)
    return dict.fromkeys(CATEGORIES, prevalence) if isinstance(prevalence, int | float) else {}


def _for_category(given: Mapping[str, Any], category: str) -> Mapping[str, float]:
    """What is given for all categories, overruled by what is given for this one."""
    return {k: v for k, v in given.items() if not isinstance(v, Mapping)} | dict(given.get(category, {}))


def check_goal(goal: Goal) -> None:
    """Refuse what cannot be tuned to.

    Raises
    ------
    TuningError
        With what was given, and what is allowed.

    Examples
    --------
    >>> check_goal(Goal(precision={"hide": 1.5}))
    Traceback (most recent call last):
        ...
    social_guard.exceptions.TuningError: precision hide is 1.5: it must be between 0 and 1
    """
    if goal.unproven not in UNPROVEN:
        raise TuningError(f"unproven is {goal.unproven!r}: allowed are {', '.join(UNPROVEN)}")
    if goal.precision is not None and goal.costs is not None:
        raise TuningError("precision and costs are two ways to choose the same thresholds: give one of them")
    if not LEAST_CONFIDENCE <= goal.confidence < 1:
        raise TuningError(f"confidence is {goal.confidence}: it must be at least {LEAST_CONFIDENCE} and below 1, e.g. 0.95")
    what, names, most = ("costs", COSTS, float("inf")) if goal.costs is not None else ("precision", LEVELS[1:], 1)
    for path, value in _flat((goal.precision if goal.costs is None else goal.costs) or {}):
        *category, step = path
        if step not in names or not set(category) <= set(CATEGORIES):
            raise TuningError(f"{what} {'.'.join(path)} is not a known name: allowed are {', '.join(names)}, also by category")
        if not 0 < value < most:
            limits = "above 0" if goal.costs is not None else "between 0 and 1"
            raise TuningError(f"{what} {'.'.join(path)} is {value}: it must be {limits}")
    if isinstance(goal.prevalence, str) and goal.prevalence != AS_DRAWN:
        raise TuningError(f"prevalence is {goal.prevalence!r}: it must be a share, shares by category, or {AS_DRAWN!r}")
    for key, share in _by_category(goal.prevalence).items():
        if key not in CATEGORIES or not 0 < share < 1:
            raise TuningError(f"prevalence {key} is {share}: it must be the share of a category, between 0 and 1")


def _flat(given: Mapping[str, Any]) -> Iterator[tuple[tuple[str, ...], float]]:
    for key, value in given.items():
        if isinstance(value, Mapping):
            yield from (((key, *path), inner) for path, inner in _flat(value))
        else:
            yield (key,), value
