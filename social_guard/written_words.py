"""The words of a comment as a reader sees them, between what the model weighs and what the person wrote.

The model weighs tokens, readings of disguised stretches, and pairs. A reader sees words: a stretch of characters each,
however many tokens and readings stand on it. What the units add is shared out to the words, and still adds up.
"""

from __future__ import annotations

import unicodedata
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from itertools import chain

import numpy as np

from .features import Unit, lattice
from .lexicon import Lexicon
from .scorer import Floats
from .text import Normalised, find_readings, fold, normalise, token_spans

Span = tuple[int, int]
SKIN_TONES = ("\U0001f3fb", "\U0001f3ff")


def whole_letters(text: str, span: Span) -> Span:
    """The range made to end behind the marks on its last letter, so that no letter is torn from its accent.

    Examples
    --------
    >>> whole_letters("cafe\\u0301!", (0, 4))
    (0, 5)
    """
    start, end = span
    while end < len(text) and (unicodedata.category(text[end])[0] == "M" or SKIN_TONES[0] <= text[end] <= SKIN_TONES[1]):
        end += 1
    return start, end


def place_units(text: str, keys: Sequence[tuple[str, str]], known: Lexicon) -> tuple[Unit, ...]:
    """The units of a comment that are named by kind and key, with the characters on which they stand.

    As `features.find_units` has them, but only those, which are few of the pairs, and with whole letters.

    Examples
    --------
    >>> place_units("so, 1diot", [("token", "idiot"), ("pair", "so idiot")], Lexicon({"idiot": 9.0}))[1].spans
    ((0, 9),)
    """
    comment = normalise(text)
    folded = comment.text.lower()  # as `fold` leaves it, also where the fold of a letter is a capital
    spans = token_spans(folded)
    nodes = lattice(spans, find_readings(folded), known)
    places: dict[str, list[Span]] = {key: [] for _, key in keys}
    by_first: dict[int, list[tuple[str, int]]] = {}
    for token, first, after in nodes:
        by_first.setdefault(first, []).append((token, after))
    for token, first, after in nodes:
        start = spans[first][1]
        if token in places:
            places[token].append((start, spans[after - 1][2]))
        for neighbour, end in by_first.get(after, ()):
            if (pair := f"{token} {neighbour}") in places:
                places[pair].append((start, spans[end - 1][2]))
    return tuple([Unit(kind, key, _raw_spans(comment, places[key])) for kind, key in keys])


def _raw_spans(comment: Normalised, spans: Sequence[Span]) -> tuple[Span, ...]:
    if not comment.edits:
        return tuple(dict.fromkeys(spans))
    return tuple(dict.fromkeys([whole_letters(comment.raw, comment.raw_span(*span)) for span in spans]))


def find_words(text: str, units: Sequence[Unit]) -> tuple[Unit, ...]:
    """The distinct words of a comment, in order; a disguised stretch is one word, whatever its tokens and readings.

    Examples
    --------
    >>> from social_guard.features import find_units
    >>> text = "Fool! A real f o o l"
    >>> [(word.key, word.spans) for word in find_words(text, find_units(text, Lexicon({"fool": 9.0})))]
    [('Fool', ((0, 4),)), ('!', ((4, 5),)), ('A', ((6, 7),)), ('real', ((8, 12),)), ('f o o l', ((13, 20),))]
    """
    places: dict[str, list[Span]] = {}
    for start, end in _stretches(span for unit in units if unit.kind == "token" for span in unit.spans):
        places.setdefault(fold(text[start:end]), []).append((start, end))
    return tuple(Unit("word", text[slice(*spans[0])], tuple(spans)) for spans in places.values())


def _stretches(spans: Iterable[Span]) -> list[Span]:
    """Ranges that overlap become one."""
    merged: list[Span] = []
    for start, end in sorted(spans):
        if merged and start < merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return merged


def share_out(units: Sequence[Unit], contributions: Floats, words: Sequence[Unit]) -> Floats:
    """What each word adds to each head, shape (n_words, n_heads): a unit counts the same for every word that it touches.

    Parameters
    ----------
    units : sequence of Unit
    contributions : (n_units, n_heads) float array
    words : sequence of Unit
        As `find_words` gives them for these units.
    """
    total = np.zeros((len(words), contributions.shape[1]))
    places = sorted((*span, w) for w, word in enumerate(words) for span in word.spans)
    starts, ends = [place[0] for place in places], [place[1] for place in places]
    for unit, contribution in zip(units, contributions, strict=True):
        touched = [range(bisect_right(ends, start), bisect_left(starts, end)) for start, end in unit.spans]
        held = {places[place][2] for place in chain.from_iterable(touched)}
        total[list(held)] += contribution / len(held)
    return total


def quote(text: str, spans: Sequence[Span]) -> list[str]:
    """Ranges as quotations, in the order given; those with only a space between them become one.

    Examples
    --------
    >>> quote("you clueless fools, all of you", [(13, 18), (27, 30), (4, 12)])
    ['clueless fools', 'you']
    """
    rank = {span: place for place, span in enumerate(spans)}
    runs: list[list[Span]] = []
    for span in sorted(spans):
        if runs and text[runs[-1][-1][1] : span[0]].isspace():
            runs[-1].append(span)
        else:
            runs.append([span])
    runs.sort(key=lambda run: min(rank[span] for span in run))
    return [text[run[0][0] : run[-1][1]] for run in runs]
