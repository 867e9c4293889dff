"""What people decided on the review sheet becomes labels to train on.

The sheet exports a CSV file with a row for each comment that somebody decided on (`COLUMNS`). Joined with the comments
by their ids, each row says something of some categories; what it does not speak of stays unknown.

=========================================== ==========================================
the person                                  labels
=========================================== ==========================================
agreed with an action                       1 for the categories that called for it
changed it to another action                the same: the categories were right
ticked other categories                     1 for those, 0 for the ones unticked
said ``none``, and ticked no category       0 for every category
asked for an action, and ticked no category nothing new, or 0 for the ones unticked
wrote a note only                           nothing
=========================================== ==========================================
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..categories import CATEGORIES
from ..exceptions import DataError, LabelError, check_columns

if TYPE_CHECKING:
    import pandas as pd

COLUMNS = ("id", "agree", "change", "categories", "note", "recommended", "recommended_categories", "text_digest")
"""Of the exported file; a column ``text`` may follow."""

ACTIONS = ("none", "hide", "remove", "report")
_FORMULA = re.compile(r"'(?=[' \u00a0]*[=+\-@\uff1d\uff0b\uff0d\uff20\t\r\n])")


def text_digest(text: str) -> str:
    """What tells that a decision was made on this very text; no spreadsheet takes it for a number.

    Examples
    --------
    >>> text_digest("Thank you")
    't70ad9d331bb46355'
    """
    return "t" + hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()


def comment_ids(comments: pd.DataFrame, column: str | None = None) -> list[str]:
    """The ids of the comments as text; without a column ``id`` the numbers of the rows, from 1.

    Raises
    ------
    DataError
        When the named column is missing, or an id is missing or stands twice.

    Examples
    --------
    >>> import pandas as pd
    >>> comment_ids(pd.DataFrame({"id": ["007", "8"]})), comment_ids(pd.DataFrame({"text": ["a", "b"]}))
    (['007', '8'], ['1', '2'])
    """
    check_columns(comments.columns, column)
    name = column or "id"
    if name not in comments.columns:
        return [str(row) for row in range(1, len(comments) + 1)]
    ids = comments[name]
    for wrong, problem in ((ids.isna(), "has no value"), (ids.duplicated(), "repeats an id")):
        if wrong.any():
            row = int(wrong.to_numpy(dtype=bool).argmax())
            raise DataError(f"column {name!r} {problem} in row {row + 1} ({ids.iloc[row]!r}); decisions need an id for each comment")
    return [str(value) for value in ids]


def comment_texts(column: pd.Series) -> list[str]:
    """The comments as text; a missing one is empty."""
    return [str(value) for value in column.astype(object).where(column.notna(), "")]


def load_decisions(path: str | Path) -> pd.DataFrame:
    """Read what a review sheet exported: text in every cell, as the person wrote it.

    Raises
    ------
    DataError
        When the file cannot be read or lacks a column.
    """
    import pandas as pd

    try:
        decisions = pd.read_csv(path, dtype=str, keep_default_na=False, encoding="utf-8-sig")
    except (OSError, ValueError) as error:
        raise DataError(f"{path}: cannot be read as CSV ({error}); is it what the review sheet exported?") from error
    missing = [name for name in COLUMNS if name not in decisions.columns]
    if missing:
        raise DataError(f"{path}: has no column {', '.join(missing)}; is it what the review sheet exported?")
    return decisions.map(lambda cell: _FORMULA.sub("", cell, count=1) if _FORMULA.match(cell) else cell)


def label_decisions(
    decisions: pd.DataFrame, comments: pd.DataFrame, *, text: str = "text", id: str | None = None
) -> pd.DataFrame:
    """Join decisions with the comments they were made on, as labelled comments.

    Parameters
    ----------
    decisions : pandas.DataFrame
        As `load_decisions` reads it.
    comments : pandas.DataFrame
        The comments that the sheet was made of, with all their rows.
    text, id : str
        The columns that hold the comments and their ids; without ids the row number counts, as on the sheet.

    Returns
    -------
    pandas.DataFrame
        The comments of which something is known, all their columns, and one for each category: 1, 0, missing. It can be
        given to `train_guard`.

    Raises
    ------
    DataError
        When a decision fits no comment, or was made on another text.
    LabelError
        When a cell of a decision has a value that is not allowed.

    Examples
    --------
    >>> import pandas as pd
    >>> comments = pd.DataFrame({"id": ["a"], "text": ["Buy now"]})
    >>> decision = dict.fromkeys(COLUMNS, "") | {"id": "a", "agree": "yes", "categories": "spam", "recommended": "hide"}
    >>> label_decisions(pd.DataFrame([decision | {"recommended_categories": "spam"}]), comments)[["text", "spam"]].values.tolist()
    [['Buy now', 1]]
    """
    import pandas as pd

    check_columns(comments.columns, text)
    place = {key: row for row, key in enumerate(comment_ids(comments, id))}
    texts = comment_texts(comments[text])
    found = {}
    for decision in decisions.to_dict("records"):
        row = _place(decision, place, texts)
        if row in found:
            raise DataError(f"two decisions were made on comment {decision['id']!r}; keep one of them")
        found[row] = decision_labels(decision)
    known = {row: labels for row, labels in sorted(found.items()) if labels}
    labels = pd.DataFrame(list(known.values()), columns=list(CATEGORIES)).astype("Int8")
    own = comments.drop(columns=[name for name in (*CATEGORIES, "labels") if name in comments.columns])
    return pd.concat([own.iloc[list(known)].reset_index(drop=True), labels], axis=1)


def _place(decision: Mapping[str, Any], place: Mapping[str, int], texts: list[str]) -> int:
    row = place.get(decision["id"])
    if row is None:
        raise DataError(f"no comment has the id {decision['id']!r}; give the comments that the sheet was made of")
    digest = decision["text_digest"]
    if digest and digest != text_digest(texts[row]):
        raise DataError(f"comment {decision['id']!r} has another text than was decided on; give the comments of the sheet")
    return row


def decision_labels(decision: Mapping[str, Any]) -> dict[str, int]:
    """What one decision says of the categories.

    Examples
    --------
    >>> row = {"id": "1", "agree": "no", "change": "hide", "categories": "spam", "recommended": "remove"}
    >>> decision_labels(row | {"recommended_categories": "spam;abuse"})
    {'spam': 1, 'abuse': 0}
    """
    agreed = _allowed(decision, "agree", ("yes", "no", ""))
    if not agreed:
        return {}
    action = _allowed(decision, "recommended" if agreed == "yes" else "change", ACTIONS)
    ticked, offered = _keys(decision, "categories"), _keys(decision, "recommended_categories")
    cleared = dict.fromkeys(CATEGORIES, 0) if action == "none" and not ticked else {}
    return cleared | dict.fromkeys(ticked, 1) | {key: 0 for key in offered if key not in ticked}


def _allowed(decision: Mapping[str, Any], column: str, allowed: tuple[str, ...]) -> str:
    value = decision[column].strip().lower()
    if value not in allowed:
        words = ", ".join(word or "nothing" for word in allowed)
        raise LabelError(f"the decision on {decision['id']!r} has {value!r} in column {column!r}; allowed are {words}")
    return value


def _keys(decision: Mapping[str, Any], column: str) -> list[str]:
    keys = [key.strip() for key in decision[column].split(";") if key.strip()]
    unknown = [key for key in keys if key not in CATEGORIES]
    if unknown:
        allowed = ", ".join(CATEGORIES)
        raise LabelError(f"the decision on {decision['id']!r} has {unknown[0]!r} in column {column!r}; allowed are {allowed}")
    return keys
