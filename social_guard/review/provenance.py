"""Were these scores made by this model, and these actions by these thresholds? Made again, and compared.

A score never depends on its neighbours or on the day, so making it again proves more than a name in the file could: also
that no text and no number was changed since. And a table keeps the same columns in every format. An action may depend on the
day, since rules of a policy file expire; those that have are named where actions differ.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ..exceptions import DataError

if TYPE_CHECKING:
    import pandas as pd

TOLERANCE = 1e-9
"""More than a spreadsheet rounds or another processor strays, and far less than two models differ."""

SAME = ("action", "automatic", "needs_review", "categories", "signposts")


def check_scored(given: pd.DataFrame, fresh: pd.DataFrame, expired: Sequence[str] = ()) -> None:
    """Refuse a table that was scored with another model or policy.

    Parameters
    ----------
    given : pandas.DataFrame
        The table as it was read; its values may be text.
    fresh : pandas.DataFrame
        The new columns that the model gives for the same comments, in the same order.
    expired : sequence of str
        The rules of the policy that are ignored by now (see `policy.rules.rule_warnings`).

    Raises
    ------
    DataError
        With the first row that differs.

    Examples
    --------
    >>> import pandas as pd
    >>> row = {"score_spam": 0.5, "action": "hide", "automatic": "hide", "needs_review": False, "signposts": ""}
    >>> fresh = pd.DataFrame([row | {"categories": "spam"}])
    >>> check_scored(fresh.astype(str), fresh)
    >>> check_scored(fresh.assign(score_spam="0.51"), fresh)
    Traceback (most recent call last):
        ...
    social_guard.exceptions.DataError: the scores are not those of this model: in row 1 score_spam is 0.51, and this model ...
    """
    missing = [name for name in fresh.columns if name not in given.columns and name != "error"]
    if missing:
        raise DataError(f"there are no columns {', '.join(missing)}: the table must be what `social-guard score` wrote")
    for name in (name for name in fresh.columns if name.startswith("score_")):
        _refuse(~_alike(given[name], fresh[name]), name, given, fresh, "the scores are not those of this model", "name the model that scored it")
    cure = "; ".join([*expired, "name the policy file it had"])
    for name in SAME:
        wrong = _words(given[name]) != _words(fresh[name])
        _refuse(wrong, name, given, fresh, "the thresholds are not those of this policy", cure)


def same_scores(given: pd.DataFrame, fresh: pd.DataFrame) -> bool:
    """Whether all scores are the same, whatever follows from them."""
    names = [name for name in fresh.columns if name.startswith("score_")]
    return all(name in given.columns and _alike(given[name], fresh[name]).all() for name in names)


def _alike(given: pd.Series, fresh: pd.Series) -> NDArray[np.bool_]:
    return np.isclose(_numbers(given), _numbers(fresh), rtol=0, atol=TOLERANCE, equal_nan=True)


def _refuse(wrong: np.ndarray, name: str, given: pd.DataFrame, fresh: pd.DataFrame, *why: str) -> None:
    if wrong.any():
        row = int(wrong.argmax())
        stated, made = given[name].iloc[row], fresh[name].iloc[row]
        problem, cure = why
        raise DataError(f"{problem}: in row {row + 1} {name} is {stated}, and this model gives {made}; {cure}, or score again")


def _numbers(column: pd.Series) -> np.ndarray:
    import pandas as pd

    return pd.to_numeric(column, errors="coerce").to_numpy(dtype=float, na_value=np.nan)


def _words(column: pd.Series) -> np.ndarray:
    return column.astype(object).where(column.notna(), "").astype(str).str.lower().to_numpy(dtype=object)
