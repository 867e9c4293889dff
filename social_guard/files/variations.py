"""Training comments varied by rule, so that a model does not learn what only happens to be so in them.

*Swapped*: the groups of people that a comment names are replaced by others, the labels stay. No group is then judged by its name.
*Padded*: a comment and thanks by the same writer become one comment, with the labels of either. Kind words are then no
excuse for what stands beside them.

References
----------
Garg S. et al. Counterfactual fairness in text classification through robustness. AIES 2019.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ..categories import CATEGORIES, HEADS, NOT_ENGLISH
from ..words.groups import group_names
from .data import stable_fractions

if TYPE_CHECKING:
    import pandas as pd

THANKS = "compliment"
WHOLE = ("spam", "off_topic", NOT_ENGLISH, THANKS)
"""Of what is judged by a whole comment, nothing is known for one made of two that differ; nor of thanks, which all hold."""
_NO_NAMES = ("pole", "poles")
"""Words that name a group with a capital alone."""


@lru_cache(maxsize=1)
def _exchange() -> tuple[re.Pattern[str], dict[str, list[str]]]:
    """What finds a name, and for each name those that may take its place."""
    forms: dict[str, list[str]] = {}
    for group in group_names().values():
        for form, names in group.items():
            forms.setdefault(form, []).extend(names)
    others = {name: names for names in forms.values() for name in names}
    longest_first = "|".join(map(re.escape, sorted(others, key=len, reverse=True)))
    return re.compile(rf"\b(?:{longest_first})\b", re.IGNORECASE), others


def swap_groups(text: str, salt: str) -> str:
    """The text with every group that it names replaced by another, the same one wherever the name stands.

    Parameters
    ----------
    text : str
    salt : str
        Another word gives other groups; the same word always the same ones.

    Examples
    --------
    >>> swap_groups("A Muslim doctor. The other MUSLIM doctor", "one")
    'A Spanish doctor. The other SPANISH doctor'
    """
    pattern, others = _exchange()

    def _swapped(match: re.Match[str]) -> str:
        name = match[0]
        if name in _NO_NAMES:
            return name
        names = others[name.lower()]
        other = names[int(len(names) * stable_fractions([f"{name.lower()}/{text}"], salt)[0])]
        return other.upper() if name.isupper() else other[0].upper() + other[1:] if name[0].isupper() else other

    return pattern.sub(_swapped, text)


def swapped_comments(rows: pd.DataFrame, times: int) -> pd.DataFrame:
    """Comments that name a group, each a number of times with other groups.

    Parameters
    ----------
    rows : frame
        Labelled comments, index from 0.
    times : int

    Returns
    -------
    frame
        As ``rows``, with the index of the comment that each is made of; those that came out the same are left out.
    """
    named = rows[rows["text"].map(lambda text: bool(_exchange()[0].search(text))).to_numpy(dtype=bool)]
    made = named.loc[named.index.repeat(times)]
    salts = np.arange(len(made)) % max(times, 1)
    texts = [swap_groups(text, str(salt)) for text, salt in zip(made["text"], salts, strict=True)]
    made = made.assign(text=texts)
    return made[made["text"] != rows["text"].loc[made.index]]


def padded_comments(rows: pd.DataFrame) -> pd.DataFrame:
    """Each comment together with thanks by its writer, before it or behind it.

    Parameters
    ----------
    rows : frame
        Labelled comments, index from 0.

    Returns
    -------
    frame
        As ``rows``, with the index of the comment that each is made of; without comments by writers who never thank.
    """
    kind = rows[_thanks(rows)]
    by_writer = kind.groupby("writer").indices if len(kind) else {}
    place = stable_fractions(rows["text"], "padded")
    pairs = [(row, _pick(by_writer[writer], place[row])) for row, writer in enumerate(rows["writer"]) if writer and writer in by_writer]
    first, other = (np.array(side, np.intp) for side in zip(*pairs, strict=True)) if pairs else (np.empty(0, np.intp),) * 2
    return _joined(rows.iloc[first], kind.iloc[other], place[first] < 0.5)


def _thanks(rows: pd.DataFrame) -> NDArray[np.bool_]:
    """Comments by named writers that thank and do nothing else that the policy speaks of."""
    if THANKS not in rows:
        return np.zeros(len(rows), bool)
    harm = (rows[[key for key in CATEGORIES if key in rows]] == 1).any(axis=1)
    return ((rows[THANKS] == 1).fillna(False) & ~harm & (rows["writer"] != "")).to_numpy(dtype=bool)


def _pick(choices: NDArray[np.intp], place: float) -> int:
    return int(choices[int(len(choices) * place)])


def _joined(first: pd.DataFrame, second: pd.DataFrame, before: NDArray[np.bool_]) -> pd.DataFrame:
    """Two comments as one; a label is known where that of either says enough."""
    texts = [f"{b} {a}" if turn else f"{a} {b}" for a, b, turn in zip(first["text"], second["text"], before, strict=True)]
    labels = {}
    for head in (head for head in HEADS if head in first):
        one, two = (part[head].to_numpy(dtype=float, na_value=np.nan) for part in (first, second))
        both = np.where(one == two, one, np.nan)
        labels[head] = both if head in WHOLE else np.where((one == 1) | (two == 1), 1.0, both)
    return first.assign(text=texts, **labels).astype(dict.fromkeys(labels, "Int8"))
