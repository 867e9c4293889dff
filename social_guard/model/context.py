"""The post that a comment answers, as units of the comment: how many words that say something the two have in common.

A comment on what the post says shares words with it, one on something else seldom does. That nothing is shared is no
unit: short replies share nothing either, and a comment whose post is known shall not differ by that alone.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

from ..words.text import fold, tokens
from .features import Span, Unit

KEYS = ("(post) shared", "(post) shared:2", "(post) shared:3")
"""At least one word is shared, two, three. No token holds a bracket, so no pair of a comment is taken for one of these."""
LEAST_LETTERS, STEM = 3, 5
"""Shorter words are not compared, and of longer ones the first letters, less the s of a plural: ``visited`` is ``visiting``."""
_EMPTY = """
about after again all also always and any anyone anything are around away back because been before being but came can
can't come could couldn't day did didn't does doesn't don't done down each else ever every everyone everything for from
get getting give going gone got had has hasn't have haven't having her here hers him his how i'd i'll i'm i've into isn't
it's its just know last let like look made make many may maybe might more most much must never new next nobody not
nothing now off once one only other our out over please put really said same say see shall she should since some
someone something soon still such take than that that's the their them then there there's these they they're this those
three through time today too two under until upon use used very want was wasn't way we're were what when where which
while who whose why will with without won't would year years yes yet you you're your yours
"""
EMPTY = frozenset(_EMPTY.split())
"""Words that stand in comments of every kind."""


def shared_words(words: Iterable[str], post: str) -> dict[str, list[str]]:
    """The words of a comment that stand in the post as well, by their first letters.

    Parameters
    ----------
    words : iterable of str
        The distinct tokens of the comment.
    post : str

    Examples
    --------
    >>> shared_words(["we", "visited", "on", "the", "wards"], "Visiting: the times have changed on Ward 4")
    {'visit': ['visited'], 'ward': ['wards']}
    """
    of_post = _stems(post)
    shared: dict[str, list[str]] = {}
    for word in words:
        if (stem := _stem(word)) in of_post:
            shared.setdefault(stem, []).append(word)
    return shared


def context_keys(words: Iterable[str], post: str) -> tuple[str, ...]:
    """The units that a post gives to a comment, by their keys; see `context_units`.

    Examples
    --------
    >>> context_keys(["visiting", "hours", "please"], "Visiting hours have changed")
    ('(post) shared', '(post) shared:2')
    """
    return KEYS[: len(shared_words(words, post))]


def context_units(units: Iterable[Unit], post: str) -> list[Unit]:
    """The units that a post gives to a comment; they stand where the shared words stand.

    Parameters
    ----------
    units : iterable of Unit
        Those of the comment itself, as `find_units` gives them.
    post : str

    Examples
    --------
    >>> context_units([Unit("token", "visiting", ((4, 12),))], "Visiting hours have changed")
    [Unit(kind='context', key='(post) shared', spans=((4, 12),))]
    """
    places: dict[str, tuple[Span, ...]] = {unit.key: unit.spans for unit in units if unit.kind == "token"}
    shared = shared_words(places, post)
    spans = sorted({span for words in shared.values() for word in words for span in places[word]})
    return [Unit("context", key, tuple(spans)) for key in KEYS[: len(shared)]]


@lru_cache(maxsize=256)
def _stems(post: str) -> frozenset[str]:
    return frozenset(filter(None, map(_stem, tokens(fold(post)))))


def _stem(word: str) -> str:
    """The first letters of a word that says something, else nothing."""
    return word.removesuffix("s")[:STEM] if len(word) >= LEAST_LETTERS and word[0].isalpha() and word not in EMPTY else ""
