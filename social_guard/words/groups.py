"""Names for groups of people: to the model each is the characteristic alone, so that no group is judged by its name."""

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


CHARACTERISTICS = {
    name: f"‹{characteristic}›"
    for characteristic, forms in group_names().items()
    for names in forms.values()
    for name in names
    if name.isalpha() and name not in _AMBIGUOUS
}
"""What stands for each name of one word; like marks, nobody can write it."""


def characteristic(token: str) -> str:
    """What the model reads: the characteristic in the place of the name of a group, any other token as it is.

    Examples
    --------
    >>> characteristic("hindus"), characteristic("nurses")
    ('‹religion›', 'nurses')
    """
    return CHARACTERISTICS.get(token, token)
