"""The words of a comment as a reader sees them, between what the model weighs and what the person wrote.

The model weighs tokens, readings of disguised stretches, and pairs. A reader sees words: a stretch of characters each,
however many tokens and readings stand on it. What the units add is shared out to the words, and still adds up.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence

import numpy as np

from ..arrays import Floats
from ..model.features import Span, Unit
from ..words.text import fold


def find_words(text: str, units: Sequence[Unit]) -> tuple[Unit, ...]:
    """The distinct words of a comment, in order; a disguised stretch is one word, whatever its tokens and readings.

    Examples
    --------
    >>> from social_guard.model.features import find_units
    >>> from social_guard.words.lexicon import Lexicon
    >>> text = "Fool! A real f o o l"
    >>> [(word.key, word.spans) for word in find_words(text, find_units(text, Lexicon({"fool": 9.0})))]
    [('Fool', ((0, 4),)), ('!', ((4, 5),)), ('A', ((6, 7),)), ('real', ((8, 12),)), ('f o o l', ((13, 20),))]
    """
    places: dict[str, list[Span]] = {}
    for start, end in _stretches(span for unit in units if unit.kind in ("token", "context") for span in unit.spans):
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
    """What each word adds to each head, and last what touches no word, such as marks alone, shape (n_words + 1, n_heads).

    A unit counts the same for every word that it touches.

    Parameters
    ----------
    units : sequence of Unit
    contributions : (n_units, n_heads) float array
    words : sequence of Unit
        As `find_words` gives them for these units.
    """
    heads = contributions.shape[1]
    touched, of_unit, shares = _touched_words(units, words)
    cells = (np.array(touched, np.intp)[:, None] * heads + np.arange(heads)).ravel()
    parts = contributions[of_unit] * np.array(shares)[:, None]
    total = np.bincount(cells, parts.ravel(), minlength=(len(words) + 1) * heads)
    return total.astype(np.float64, copy=False).reshape(len(words) + 1, heads)


def _touched_words(units: Sequence[Unit], words: Sequence[Unit]) -> tuple[list[int], list[int], list[float]]:
    """Each word that a unit touches: its number, that of the unit, and the share of the unit that it takes."""
    places = sorted([(*span, w) for w, word in enumerate(words) for span in word.spans])
    starts, ends = [place[0] for place in places], [place[1] for place in places]
    touched: list[int] = []
    of_unit: list[int] = []
    shares: list[float] = []
    for u, unit in enumerate(units):
        held = {places[p][2] for start, end in unit.spans for p in range(bisect_right(ends, start), bisect_left(starts, end))}
        held = held or {len(words)}
        touched += held
        of_unit += [u] * len(held)
        shares += [1 / len(held)] * len(held)
    return touched, of_unit, shares


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
