"""Names for groups of people: to the model they are all the same, so that no group is judged by its name."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

_AMBIGUOUS = ("pole", "poles")
"""Without their capital they mean something else."""


@lru_cache(maxsize=1)
def group_names() -> dict[str, dict[str, list[str]]]:
    """Names of groups of people by protected characteristic and form (``groups.tsv``).

    Examples
    --------
    >>> group_names()["migration"]["singulars"][:2]
    ['immigrant', 'migrant']
    """
    found: dict[str, dict[str, list[str]]] = {}
    for line in Path(__file__).with_name("groups.tsv").read_text(encoding="utf-8").splitlines():
        if not line.startswith("#"):
            characteristic, form, names = line.split("\t")
            found.setdefault(characteristic, {})[form] = names.split(", ")
    return found


GROUP = "‹group›"
"""Stands for each name of one word; like marks, nobody can write it."""
NAMES = {
    name: GROUP
    for forms in group_names().values()
    for names in forms.values()
    for name in names
    if name.isalpha() and name not in _AMBIGUOUS
}
"""What is read for each of them."""


def as_read(token: str) -> str:
    """What the model reads: `GROUP` in the place of the name of a group, any other token as it is.

    Examples
    --------
    >>> as_read("hindus"), as_read("nurses")
    ('‹group›', 'nurses')
    """
    return NAMES.get(token, token)
