"""A comment becomes *units*: the distinct things in it that the model can weigh.

Every other room speaks units: training counts them, the scorer adds up their rows, the explanation lists them. All
kinds come from one walk over one *lattice*: the tokens of the comment in order, with the readings of disguised
stretches as a second way through the same place.

====== =============================================== ============================
kind   key                                             example
====== =============================================== ============================
token  a token or the reading of a disguised stretch   ``nurse``
pair   two neighbouring tokens                         ``thank you``
====== =============================================== ============================
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

from .lexicon import Lexicon
from .text import Normalised, Reading, find_readings, fold, normalise, token_spans, tokens

GRAM_LENGTHS = (2, 5)
"""Shortest and longest character n-gram of a token, which counts with a space at either end."""

Spans = list[tuple[str, int, int]]
"""Tokens with the places where they stand."""


class Node(NamedTuple):
    """One step of the lattice: a token that covers the slots from ``first`` up to, not including, ``after``."""

    token: str
    first: int
    after: int


@dataclass(frozen=True)
class Unit:
    """A distinct thing in a comment, with the places where it stands.

    Attributes
    ----------
    kind : str
        ``"token"`` or ``"pair"``.
    key : str
        What the model knows it by.
    spans : tuple of (int, int)
        Ranges of characters in what the person wrote.
    """

    kind: str
    key: str
    spans: tuple[tuple[int, int], ...]


def unit_keys(text: str, known: Lexicon) -> tuple[list[str], list[str]]:
    """The distinct tokens and the distinct pairs of a comment: the fast path of `find_units`.

    Parameters
    ----------
    text : str
        What the person wrote.
    known : Lexicon
        The words that a reading may stand for, with how common they are.

    Returns
    -------
    (list of str, list of str)
        Tokens and pairs, each once, in order of first appearance.

    Examples
    --------
    >>> unit_keys("Thank you, thank you 1diot", Lexicon({"idiot": 9.0}))
    (['thank', 'you', '1diot', 'idiot'], ['thank you', 'you thank', 'you 1diot', 'you idiot'])
    """
    folded = fold(text)
    readings, found = find_readings(folded), tokens(folded)
    if readings or known.sees_through(found):
        nodes = lattice(token_spans(folded), readings, known)
        return list(dict.fromkeys(node.token for node in nodes)), list(dict.fromkeys(pair_keys(nodes)))
    return list(dict.fromkeys(found)), [f"{a} {b}" for a, b in dict.fromkeys(pairwise(found))]


def find_units(text: str | Normalised, known: Lexicon) -> list[Unit]:
    """Every unit of a comment with the characters it stands on.

    Examples
    --------
    >>> [(unit.key, unit.spans) for unit in find_units("Ｓｏ 1diot", Lexicon({"idiot": 9.0})) if unit.kind == "token"]
    [('so', ((0, 2),)), ('1diot', ((3, 8),)), ('idiot', ((3, 8),))]
    """
    comment = text if isinstance(text, Normalised) else normalise(text)
    spans = token_spans(comment.text)
    raw = [comment.raw_span(start, end) for _, start, end in spans]
    nodes = lattice(spans, comment.readings, known)
    places: dict[tuple[str, str], list[tuple[int, int]]] = {}
    for node in nodes:
        places.setdefault(("token", node.token), []).append((raw[node.first][0], raw[node.after - 1][1]))
    for left, right in _neighbours(nodes):
        where = (raw[left.first][0], raw[right.after - 1][1])
        places.setdefault(("pair", f"{left.token} {right.token}"), []).append(where)
    return [Unit(kind, key, tuple(dict.fromkeys(where))) for (kind, key), where in places.items()]


def lattice(spans: Spans, readings: Iterable[Reading], known: Lexicon) -> list[Node]:
    """The tokens in order, and the known readings of the stretches that look disguised.

    A reading stands in the place of what the model does not know, and of pieces; beside a token that it knows. What no
    reading covers and is not known stands for the word that it is meant to be.
    """
    seen_through = [*_reading_nodes(spans, readings, known), *_joined_nodes(spans, known)]
    whole = {slot for node in seen_through if node.after > node.first + 1 for slot in range(node.first, node.after)}
    covered = whole.union(node.first for node in seen_through)
    strangers = {token for slot, (token, _, _) in enumerate(spans) if token not in known and slot not in covered}
    meant = dict(zip(strangers, known.meanings(list(strangers)), strict=True)) if known else {}
    plain = [
        Node(meant.get(token) or token, slot, slot + 1)
        for slot, (token, _, _) in enumerate(spans)
        if slot not in whole and (token in known or slot not in covered)
    ]
    return plain + seen_through


def _reading_nodes(spans: Spans, readings: Iterable[Reading], known: Lexicon) -> list[Node]:
    starts, ends = [span[1] for span in spans], [span[2] for span in spans]
    nodes = []
    for reading in best_readings(readings, known):
        first, after = bisect_right(ends, reading.start), bisect_left(starts, reading.end)
        if first < after:
            nodes += [Node(word, first, after) for word in reading.word.split() if word in known]
    return nodes


def _joined_nodes(spans: Spans, known: Lexicon) -> list[Node]:
    """Words that one sign or space breaks in two."""
    pairs = enumerate(pairwise(spans))
    near = ((slot, left[0], right[0]) for slot, (left, right) in pairs if right[1] - left[2] == 1)
    return [Node(word, slot, slot + 2) for slot, left, right in near if (word := known.joined(left, right))]


def best_readings(readings: Iterable[Reading], known: Lexicon) -> list[Reading]:
    """Of several readings of one stretch, the commonest known one."""
    best: dict[tuple[int, int], tuple[float, Reading]] = {}
    for reading in readings:
        meant = reading._replace(word=known.unmask(reading.word)) if "*" in reading.word else reading
        common = max((known.get(word, 0.0) for word in meant.word.split()), default=0.0)
        place = (reading.start, reading.end)
        if common > max(known.common if reading.bold else 0.0, best.get(place, (0.0,))[0]):
            best[place] = common, meant
    return [reading for _, reading in best.values()]


def _neighbours(nodes: list[Node]) -> list[tuple[Node, Node]]:
    by_first: dict[int, list[Node]] = {}
    for node in nodes:
        by_first.setdefault(node.first, []).append(node)
    return [(left, right) for left in nodes for right in by_first.get(left.after, ())]


def pair_keys(nodes: list[Node]) -> list[str]:
    """The keys of all neighbouring nodes of a lattice."""
    return [f"{left.token} {right.token}" for left, right in _neighbours(nodes)]


def char_ngrams(token: str) -> set[str]:
    """The distinct character n-grams of one token, with a space at either end.

    Examples
    --------
    >>> sorted(char_ngrams("no"))
    [' n', ' no', ' no ', 'no', 'no ', 'o ']
    """
    padded = f" {token} "
    shortest, longest = GRAM_LENGTHS
    return {
        padded[start : start + length]
        for length in range(shortest, longest + 1)
        for start in range(len(padded) - length + 1)
    }
