"""A model at another prevalence: scores and thresholds move together, so that it recommends what it recommended."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from ..exceptions import DataError
from ..policy.edit import edit_policy
from ..policy.reading import parse_policy
from ..policy.settings import LEVELS, Policy
from ..prevalence import check_shares, prior_shift, shift_prevalence
from .persistence import Model, weights_hash

Shares = Mapping[str, float]


def shift_model(model: Model, prevalence: Shares) -> Model:
    """A model whose scores assume other shares of the comments.

    Parameters
    ----------
    model : Model
    prevalence : mapping of str to float
        The new share of some of the categories for which the manifest states one.

    Returns
    -------
    Model
        With other intercepts, and so with another name. Its manifest says what it came from. The thresholds of those
        categories move along, unless the policy says that they were chosen for the model that this becomes.

    Raises
    ------
    DataError
        When the manifest states no share for a category, or a share is not between 0 and 1.
    """
    assumed = model.manifest.get("prevalence") or {}
    prevalence = check_shares(prevalence)
    unknown = [head for head in prevalence if head not in assumed]
    if unknown:
        raise DataError(f"the model assumes no share of {unknown[0]!r}; it has one for {', '.join(assumed) or 'nothing'}")
    shifts = [prior_shift(assumed[head], prevalence[head]) if head in prevalence else 0.0 for head in model.weights.heads]
    weights = replace(model.weights, intercepts=model.weights.intercepts + np.array(shifts))
    before, name = model.manifest.get("model") or weights_hash(model.weights), weights_hash(weights)
    origin = {"shifted_from": {"model": before, "prevalence": dict(assumed)}} | model.manifest
    manifest = origin | {"model": name, "prevalence": {**assumed, **prevalence}}
    return Model(weights, _shift_policy(model.policy_text, (before, name), assumed, prevalence), manifest)


def _shift_policy(text: str, models: tuple[str, str], assumed: Shares, wanted: Shares) -> str:
    """The thresholds at the new shares; those that were chosen for the new model are left as they are."""
    before, after = models
    policy = parse_policy(text)
    if policy.tuned_for == after:
        return text
    moved = {path: float(shift_prevalence(limit, assumed[head], wanted[head])) for head in wanted for path, limit in _steps(policy, head)}
    tuned_for: dict[str, Any] = {"tuned_for": after} if policy.tuned_for == before else {}
    return edit_policy(text, tuned_for | moved)


def _steps(policy: Policy, head: str) -> list[tuple[str, float]]:
    """The thresholds of a category by their place in the file."""
    rule = policy.categories.get(head)
    found = {f"{head}.{level}": getattr(rule, level, None) for level in LEVELS}
    return [(path, limit) for path, limit in found.items() if limit is not None]
