"""Change single values of a policy file and leave everything else, comments included, as it stands."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..categories import CATEGORIES, SIGNPOSTS
from ..exceptions import PolicyError
from .reading import parse_policy

NEVER_WORDS = ("never", "none")
"""What a person may write to take a step or setting out of the file."""
TUNED = "tuned: "
"""How a comment begins that holds for the value beside it alone; it goes when the value changes."""


def full_path(path: str) -> str:
    """The place of a value in the file; categories and signposts need not be told as such.

    Examples
    --------
    >>> full_path("spam.hide"), full_path("complaint"), full_path("mode")
    ('categories.spam.hide', 'signposts.complaint', 'mode')
    """
    first = path.split(".")[0]
    section = "categories." if first in CATEGORIES else "signposts." if first in SIGNPOSTS else ""
    return section + path


def edit_policy(
    text: str, values: Mapping[str, Any], notes: Mapping[str, str] | None = None, *, name: str = "policy"
) -> str:
    """Set values by their path; None takes one out.

    Parameters
    ----------
    text : str
        The policy file.
    values : mapping of str to value
        For example ``{"spam.hide": 0.8}``.
    notes : mapping of str to str, optional
        A comment to write behind a value, instead of the one that stands there.
    name : str
        What to call the file in errors.

    Raises
    ------
    PolicyError
        When the file is not valid before or after the change.

    Examples
    --------
    >>> print(edit_policy("version = 1\\n[categories.spam]  # adverts\\nhide = 0.5  # a lot\\n", {"spam.hide": 0.8}), end="")
    version = 1
    [categories.spam]  # adverts
    hide = 0.8  # a lot
    """
    import tomlkit

    parse_policy(text, name)
    document = tomlkit.parse(text)
    for path, value in values.items():
        _set(document, full_path(path).split("."), value, name)
    for path, note in (notes or {}).items():
        item = _item(document, full_path(path).split("."))
        item.comment(note).trivia.comment_ws = "  "
    edited = tomlkit.dumps(document)
    parse_policy(edited, name)
    return edited


def _set(document: Any, keys: list[str], value: Any, name: str) -> None:
    *parents, last = keys
    table = document
    for i, key in enumerate(parents):
        if key not in table:
            table[key] = _new_table(is_super=i < len(parents) - 1)
        table = table[key]
        if not isinstance(table, dict):
            raise PolicyError(f"{name}: {'.'.join(parents[: i + 1])} is a value, not a section, so {'.'.join(keys)} has no place")
    if isinstance(table.get(last), dict):
        raise PolicyError(f"{name}: {'.'.join(keys)} is a section: name a value in it, e.g. {'.'.join(keys)}.{next(iter(table[last]), 'x')}")
    if value is None:
        table.pop(last, None)
    elif last not in table or table[last] != value:
        table[last] = value
        item = table.item(last)
        if item.trivia.comment.startswith(f"# {TUNED}"):
            item.trivia.comment_ws = item.trivia.comment = ""


def _new_table(*, is_super: bool) -> Any:
    import tomlkit

    return tomlkit.table(is_super)


def _item(document: Any, keys: list[str]) -> Any:
    for key in keys:
        document = document[key]
    return document


def parse_value(written: str) -> Any:
    """A value as a person writes it on the command line.

    Examples
    --------
    >>> parse_value("0.8"), parse_value('["remove"]'), parse_value("observe"), parse_value("never")
    (0.8, ['remove'], 'observe', None)
    """
    import tomllib

    if written in NEVER_WORDS:
        return None
    try:
        return tomllib.loads(f"value = {written}")["value"]
    except tomllib.TOMLDecodeError:
        return written
