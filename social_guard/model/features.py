"""A comment becomes *units*: the distinct things in it that the model can weigh.

Every other room speaks units: training counts them, the scorer adds up their rows, the explanation lists them. All
kinds come from one walk over one *lattice*: the tokens of the comment in order, and what disguised, masked, broken and
misspelt ones are meant to be, in their place or as a second way through it.

====== =============================================== ============================
kind   key                                             example
====== =============================================== ============================
token  a token or the reading of a disguised stretch   ``nurse``
mark   what is said of the comment (`words.marks`)     ``‹start›``
pair   two neighbours of these                         ``thank you``
====== =============================================== ============================

Two words with one emoji between them are neighbours too.
"""

from __future__ import annotations

import unicodedata
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Container, Iterable, Iterator, Sequence
from functools import lru_cache
from itertools import chain, pairwise
from operator import itemgetter
from typing import NamedTuple, TypeVar

from ..words.groups import as_read
from ..words.lexicon import Lexicon
from ..words.marks import MARKS, mark, normalise_marked
from ..words.text import (
    TOKEN_LENGTH,
    Normalised,
    Reading,
    find_readings,
    is_picture,
    is_spaced_out,
    read_pieces,
    token_spans,
)

GRAM_LENGTHS = (2, 5)
"""Shortest and longest character n-gram of a token, which counts with a space at either end."""

Span = tuple[int, int]
Slot = tuple[str, int, int]
"""A token, and where it begins and ends."""

Step = TypeVar("Step")

SKIN_TONES = ("\U0001f3fb", "\U0001f3ff")


class Node(NamedTuple):
    """One step of the lattice: a token that covers the slots from ``first`` up to, not including, ``after``."""

    token: str
    first: int
    after: int


class Unit(NamedTuple):
    """A distinct thing in a comment, with the places where it stands.

    Attributes
    ----------
    kind : str
        ``"token"``, ``"mark"`` or ``"pair"``.
    key : str
        What the model knows it by.
    spans : tuple of (int, int)
        Ranges of characters in what the person wrote.
    """

    kind: str
    key: str
    spans: tuple[Span, ...]


def unit_keys(text: str, known: Lexicon) -> tuple[list[str], list[str]]:
    """The distinct tokens and the distinct pairs of a comment: the fast path of `find_units`.

    Parameters
    ----------
    text : str
        What the person wrote.
    known : Lexicon
        The words that what is written may be meant to be.

    Returns
    -------
    (list of str, list of str)
        Tokens and pairs, each once; what is seen through stands behind what is taken as written.

    Examples
    --------
    >>> unit_keys("Thank you, thank you 1diot", Lexicon({"idiot": 9.0}))[0]
    ['‹start›', 'thank', 'you', '‹end›', '‹uptosix›', 'idiot']
    """
    folded = mark(text)
    pieces = read_pieces(folded)
    found = list(chain.from_iterable([piece.tokens for piece in pieces]))
    if not (any(piece.readings for piece in pieces) or is_spaced_out(folded) or known.sees_through(found)):
        across = () if text.isascii() and "&" not in text else map(" ".join, _across(found, found))
        return list(dict.fromkeys(found)), list(dict.fromkeys(chain(map(" ".join, pairwise(found)), across)))
    spans = token_spans(folded)
    nodes = lattice(spans, find_readings(folded), known)
    pairs = [f"{left.token} {right.token}" for left, right in _neighbours(nodes, spans)]
    return list(dict.fromkeys([node.token for node in nodes])), list(dict.fromkeys(pairs))


def find_units(text: str, known: Lexicon, pairs: Container[str] | None = None) -> list[Unit]:
    """The units of a comment with the characters on which they stand; no letter is torn from its accent.

    Parameters
    ----------
    text : str
        What the person wrote.
    known : Lexicon
        The words that what is written may be meant to be.
    pairs : container of str, optional
        Leave out all other pairs: most of them say nothing to a model.

    Examples
    --------
    >>> units = find_units("Ｓｏ 1diot", Lexicon({"idiot": 9.0}), {"so idiot"})
    >>> [(unit.key, unit.spans) for unit in units if unit.kind != "mark"]
    [('so', ((0, 2),)), ('idiot', ((3, 8),)), ('so idiot', ((0, 8),))]
    """
    comment = normalise_marked(text)
    folded = comment.text
    spans = token_spans(folded)
    readings = find_readings(folded)
    slots = _raw_slots(comment, spans)
    if readings or known.sees_through([token for token, _, _ in spans]):
        nodes = lattice(spans, readings, known)
        steps = [(node.token, slots[node.first][1], slots[node.after - 1][2]) for node in nodes]
        joined = [(f"{a.token} {b.token}", slots[a.first][1], slots[b.after - 1][2]) for a, b in _neighbours(nodes, spans)]
    else:
        steps = slots
        near = chain(pairwise(slots), _across(slots, [token for token, _, _ in slots]))
        joined = [(f"{a} {b}", start, end) for (a, start, _), (b, _, end) in near]
    tokens, marks = [step for step in steps if step[0] not in MARKS], [step for step in steps if step[0] in MARKS]
    return _gathered("token", tokens) + _gathered("mark", marks) + _gathered("pair", [step for step in joined if pairs is None or step[0] in pairs])


def _gathered(kind: str, steps: Iterable[Slot]) -> list[Unit]:
    places: dict[str, list[Span]] = {}
    for key, start, end in steps:
        places.setdefault(key, []).append((start, end))
    return [Unit(kind, key, tuple(dict.fromkeys(where) if len(where) > 1 else where)) for key, where in places.items()]


def _raw_slots(comment: Normalised, spans: list[Slot]) -> list[Slot]:
    """The tokens with the places where they stand in what the person wrote."""
    if not comment.edits:
        return spans
    return [(token, *whole_letters(comment.raw, comment.raw_span(start, end))) for token, start, end in spans]


def whole_letters(text: str, span: Span) -> Span:
    """The range made to end behind the marks on its last letter, so that no letter is torn from its accent.

    Examples
    --------
    >>> whole_letters("cafe\\u0301!", (0, 4))
    (0, 5)
    """
    start, end = span
    while end < len(text) and not text[end].isascii() and _is_mark(text[end]):
        end += 1
    return start, end


def _is_mark(char: str) -> bool:
    return unicodedata.category(char)[0] == "M" or SKIN_TONES[0] <= char <= SKIN_TONES[1]


def lattice(spans: list[Slot], readings: Iterable[Reading], known: Lexicon) -> list[Node]:
    """The tokens in order, and the known readings of the stretches that look disguised.

    A reading stands in the place of what the model does not know, and of pieces; beside a token that it knows. What no
    reading covers and is not known stands for the word that it is meant to be.
    """
    seen_through = [*_reading_nodes(spans, readings, known), *_joined_nodes(spans, known)]
    whole = {slot for node in seen_through if node.after > node.first + 1 for slot in range(node.first, node.after)}
    covered = whole.union(node.first for node in seen_through)
    strangers = [token for slot, (token, _, _) in enumerate(spans) if token not in known and slot not in covered]
    meant = dict(zip(strangers, known.meanings(strangers), strict=True))
    plain = [
        Node(meant.get(token) or token, slot, slot + 1)
        for slot, (token, _, _) in enumerate(spans)
        if slot not in whole and (token in known or slot not in covered)
    ]
    return plain + seen_through


def _reading_nodes(spans: list[Slot], readings: Iterable[Reading], known: Lexicon) -> list[Node]:
    starts, ends = [span[1] for span in spans], [span[2] for span in spans]
    nodes = []
    for reading in best_readings(readings, known):
        first, after = bisect_right(ends, reading.start), bisect_left(starts, reading.end)
        if first < after:
            nodes += [Node(word, first, after) for word in reading.word.split() if word in known]
    return nodes


def _joined_nodes(spans: list[Slot], known: Lexicon) -> list[Node]:
    """Words that one sign or space breaks in two."""
    pairs = enumerate(pairwise(spans))
    near = ((slot, left[0], right[0]) for slot, (left, right) in pairs if right[1] - left[2] == 1)
    return [Node(word, slot, slot + 2) for slot, left, right in near if (word := known.joined(left, right))]


def best_readings(readings: Iterable[Reading], known: Lexicon) -> list[Reading]:
    """Of several readings of one stretch, the commonest known one, in the words that the model reads."""
    best: dict[tuple[int, int], tuple[float, Reading]] = {}
    for reading in readings:
        meant = reading._replace(word=known.unmask(reading.word)) if "*" in reading.word else reading
        words = meant.word.split() if " " in meant.word else (meant.word,)
        common = max([known.get(word, 0.0) for word in words], default=0.0)
        place = (reading.start, reading.end)
        if common > max(known.common if reading.bold else 0.0, best.get(place, (0.0,))[0]):
            best[place] = common, meant
    return [reading._replace(word=" ".join(map(as_read, reading.word.split()))) for _, reading in best.values()]


def _across(steps: Sequence[Step], tokens: Sequence[str]) -> Iterator[tuple[Step, Step]]:
    """The steps on either side of a lone picture."""
    return ((steps[i - 1], steps[i + 1]) for i in range(1, len(tokens) - 1) if is_picture(tokens[i]))


def _neighbours(nodes: list[Node], spans: list[Slot]) -> list[tuple[Node, Node]]:
    by_first: dict[int, list[Node]] = {}
    for node in nodes:
        by_first.setdefault(node.first, []).append(node)
    pictures = {slot for slot, (token, _, _) in enumerate(spans) if is_picture(token)}
    near = [(left, right) for left in nodes for right in by_first.get(left.after, ())]
    return near + [(left, right) for left in nodes if left.after in pictures for right in by_first.get(left.after + 1, ())]


def char_ngrams(token: str) -> set[str]:
    """The distinct character n-grams of one token, with a space at either end.

    Examples
    --------
    >>> sorted(char_ngrams("no"))
    [' n', ' no', ' no ', 'no', 'no ', 'o ']
    """
    return set(cut_ngrams(token))


def cut_ngrams(token: str) -> tuple[str, ...]:
    """The same, some of them several times."""
    padded = f" {token} "
    return _cutter(len(padded))(padded)


@lru_cache(maxsize=2 * TOKEN_LENGTH)
def _cutter(length: int) -> Callable[[str], tuple[str, ...]]:
    """Cuts a text of some length into its n-grams in one call."""
    shortest, longest = GRAM_LENGTHS
    places = [slice(start, start + n) for n in range(shortest, longest + 1) for start in range(length - n + 1)]
    return itemgetter(*places, places[0])  # one place more, since of a lone place it makes no tuple
