"""Two policies side by side: what their files say differently, and what that does to the same comments."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from ..categories import CATEGORIES, SIGNPOSTS
from ..exceptions import DataError
from .decide import DecisionTable
from .settings import Action, Policy

if TYPE_CHECKING:
    import pandas as pd

EXAMPLES = 3
"""How many comments are named for each change."""


def policy_changes(old: Policy, new: Policy) -> list[str]:
    """What a policy says differently from another, one sentence a change.

    Examples
    --------
    >>> from social_guard.policy.reading import parse_policy
    >>> old = parse_policy("version = 1\\n[categories.spam]\\nhide = 0.8\\nremove = 0.9")
    >>> new = parse_policy("version = 1\\nmode = 'off'\\n[categories.spam]\\nhide = 0.71")
    >>> for line in policy_changes(old, new):
    ...     print(line)
    spam: hide from 0.71 instead of 0.8
    spam: never remove, instead of from 0.9
    mode: off instead of act
    """
    before, after = (dict(_leaves(msgspec.to_builtins(policy))) for policy in (old, new))
    paths = [path for path in dict.fromkeys([*before, *after]) if before.get(path) != after.get(path)]
    return [line for path in paths for line in _change(path, before.get(path), after.get(path))]


def _leaves(content: Mapping[str, Any], path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    for key, value in content.items():
        if isinstance(value, Mapping):
            yield from _leaves(value, (*path, key))
        else:
            yield (*path, key), value


def _change(path: tuple[str, ...], old: Any, new: Any) -> list[str]:
    if path[0] == "categories" and path[-1] != "confirm":
        return [f"{path[1]}: {_step(path[2], old, new)}"]
    if path[0] == "rules":
        added, gone = ([entry for entry in a or () if entry not in (b or ())] for a, b in ((new, old), (old, new)))
        return [f"{path[1]}: {word} {_shown(entry)}" for word, entries in (("without", gone), ("with", added)) for entry in entries]
    place = ".".join(path[1:] if path[0] in ("categories", "signposts") else path)
    return [f"{place}: {_shown(new)} instead of {_shown(old)}"]


def _step(step: str, old: float | None, new: float | None) -> str:
    if new is None:
        return f"never {step}, instead of from {old}"
    return f"{step} from {new} instead of {'never' if old is None else old}"


def _shown(value: Any) -> str:
    if isinstance(value, Mapping):
        return ", ".join(f"{key} {_shown(inner)}" for key, inner in value.items() if inner is not None)
    if isinstance(value, list | tuple):
        return ", ".join(map(_shown, value)) or "none"
    return "nothing" if value is None else str(value)


# ---------------------------------------------------------------------------------------------------------- comments


@dataclass(frozen=True, eq=False)
class Replay:
    """What a policy would have done to comments that have been scored.

    Attributes
    ----------
    changes : pandas.DataFrame
        One row for each pair of ``before`` and ``after``, the actions: ``comments``, and ``examples`` where they differ.
    decisions : pandas.DataFrame
        ``action``, ``automatic``, ``needs_review`` of each comment under the policy; the index is that of the comments.
    unscored : int
        Comments without scores, which are left out.
    """

    changes: pd.DataFrame
    decisions: pd.DataFrame
    unscored: int


def replay_policy(scored: pd.DataFrame, policy: Policy, *, text: str = "text", identifier: str = "id") -> Replay:
    """Decide anew on scored comments, as `files.batch.score_frame` or ``social-guard score`` left them.

    Signposts are taken as they stand in the file. Which comments are in another language does not stand there, so the
    reviews which that caused are not repeated.

    Parameters
    ----------
    scored : frame
        With the columns ``score_<category>``, ``action`` and ``signposts``.
    policy : Policy
    text : str
        The column with the comments; needed if the policy has rules about words.
    identifier : str
        The column that names a comment in the examples; without it, the index does.

    Raises
    ------
    DataError
        When a column is missing.

    Examples
    --------
    >>> import pandas as pd
    >>> from social_guard.policy.reading import parse_policy
    >>> policy = parse_policy("version = 1\\n[categories.spam]\\nhide = 0.5")
    >>> scored = pd.DataFrame({"id": ["a", "b"], "score_spam": [0.6, 0.2], "action": "none", "signposts": ""})
    >>> replay_policy(scored, policy).changes.values.tolist()
    [['none', 'none', 1, ''], ['none', 'hide', 1, 'a']]
    """
    import pandas as pd

    heads = [head for head in CATEGORIES if f"score_{head}" in scored.columns]
    _check_columns(scored, [f"score_{head}" for head in heads] or ["score_spam"], text if any(policy.rules.places()) else None)
    known = scored[scored["action"].notna()]
    flags = _signpost_flags(known["signposts"])
    probabilities = np.column_stack([known[[f"score_{head}" for head in heads]].to_numpy(dtype=float), flags])
    texts = known[text].fillna("").astype(str).tolist() if any(policy.rules.places()) else ()
    decisions, which = DecisionTable(policy, (*heads, *SIGNPOSTS)).decide_many(probabilities, texts)
    cells = pd.DataFrame([(str(d.action), str(d.automatic), d.needs_review) for d in decisions], columns=list(DECIDED))
    decided = cells.iloc[which].set_index(known.index)
    names = known[identifier] if identifier in known.columns else known.index.to_series()
    return Replay(_counted(known["action"], decided["action"], names), decided, len(scored) - len(known))


DECIDED = ("action", "automatic", "needs_review")


def _check_columns(scored: pd.DataFrame, scores: list[str], text: str | None) -> None:
    missing = [name for name in (*scores, "action", "signposts", *([text] if text else [])) if name not in scored.columns]
    if missing:
        raise DataError(f"the scored comments lack the columns {', '.join(missing)}; score them with `social-guard score`")


def _signpost_flags(signposts: pd.Series) -> NDArray[np.float64]:
    """Far above or below any threshold, shape (n_comments, n_signposts)."""
    import pandas as pd

    codes, cells = pd.factorize(signposts.fillna(""))
    flags = [[np.inf if key in str(cell).split(";") else -1.0 for key in SIGNPOSTS] for cell in cells]
    return np.array(flags, dtype=float).reshape(-1, len(SIGNPOSTS))[codes]


def _counted(before: pd.Series, after: pd.Series, names: pd.Series) -> pd.DataFrame:
    import pandas as pd

    pairs = pd.DataFrame({"before": before.astype(str), "after": after, "name": names.astype(str)})
    rows = []
    for (old, new), part in pairs.groupby(["before", "after"], sort=False):
        examples = ", ".join(part["name"].head(EXAMPLES)) if old != new else ""
        rows.append((old, new, len(part), examples))
    order = [str(action) for action in Action]
    rows.sort(key=lambda row: (order.index(row[0]) if row[0] in order else -1, order.index(row[1])))
    return pd.DataFrame(rows, columns=["before", "after", "comments", "examples"])
