"""Which words would have to go: the smallest set whose removal brings a comment below its thresholds.

Every claim is checked on the real thing: the comment is written again without the words and scored from scratch, so
that what is told of it holds for pairs that come together and for the length norm as well.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import combinations, islice
from math import comb

import numpy as np

from ..arrays import Floats
from ..model.features import Unit
from ..model.scorer import to_probability

BUDGET = 2_000_000
"""So many characters are scored at the most in search of a smaller set: a few tenths of a second."""
BLOCK = 256

Chosen = tuple[int, ...]


@dataclass(frozen=True)
class Removal:
    """Words without which a comment stays below its thresholds.

    Attributes
    ----------
    words : tuple of Unit
        In the order of the comment; each goes from every place where it stands.
    text : str
        What is left of the comment.
    smallest : bool
        Whether every smaller set of words was tried, and failed. If not, no word of the set can be left out of it, but
        another set may be smaller.
    """

    words: tuple[Unit, ...]
    text: str
    smallest: bool


@dataclass(frozen=True, eq=False)
class _Search:
    """Where we look; words stand in the order in which they are tried, the likeliest first."""

    text: str
    words: Sequence[Unit]
    limits: Floats
    log_odds: Callable[[Sequence[str]], Floats]

    def left(self, chosen: Iterable[int]) -> str:
        """The comment without some of its words; a space keeps their neighbours apart."""
        letters = list(self.text)
        for start, end in (span for word in chosen for span in self.words[word].spans):
            letters[start:end] = [" ", *[""] * (end - start - 1)]
        return "".join(letters)

    def below(self, candidates: Iterable[Chosen]) -> Chosen | None:
        """The first of the candidates whose removal is enough."""
        waiting = iter(candidates)
        while block := list(islice(waiting, BLOCK)):
            probabilities = to_probability(self.log_odds([self.left(chosen) for chosen in block]))
            enough = np.flatnonzero((probabilities < self.limits).all(axis=1))
            if len(enough):
                return block[enough[0]]
        return None

    def prefix(self) -> Chosen | None:
        """Take words out one after the other until it is enough, then put back every one that is not needed."""
        everything = range(len(self.words))
        found = self.below(tuple(everything[: size + 1]) for size in everything)
        shorter = found
        while shorter:
            found = shorter
            shorter = self.below(tuple(w for w in found if w != word) for word in reversed(found))
        return found

    def smaller(self, most: int) -> tuple[Chosen | None, bool]:
        """The smallest set with fewer than so many words if there is one, and whether all of them could be tried."""
        budget = BUDGET
        for size in range(1, most):
            budget -= comb(len(self.words), size) * len(self.text)
            if budget < 0:
                return None, False
            found = self.below(combinations(range(len(self.words)), size))
            if found:
                return found, True
        return None, True


def smallest_removal(
    text: str, words: Sequence[Unit], limits: Floats, log_odds: Callable[[Sequence[str]], Floats]
) -> Removal | None:
    """Find the fewest words whose removal brings every probability below its limit.

    Parameters
    ----------
    text : str
    words : sequence of Unit
        What may go, the likeliest first.
    limits : (n_heads,) float array
        Infinite where a head does not matter.
    log_odds : callable
        Texts to log-odds, shape (n_texts, n_heads).

    Returns
    -------
    Removal or None
        None when taking out words one after the other, up to all of them, is never enough. No words when the comment is
        below the limits as it stands.

    Examples
    --------
    >>> words = [Unit("word", "bad", ((4, 7),)), Unit("word", "so", ((0, 2),))]
    >>> found = smallest_removal("so, bad", words, np.array([0.5]), lambda texts: np.array([[t.count("b") - 0.5] for t in texts]))
    >>> found.text, found.smallest
    ('so,  ', True)
    """
    search = _Search(text, words, limits, log_odds)
    if search.below([()]) is not None:
        return Removal((), text, smallest=True)
    enough = search.prefix()
    if enough is None:
        return None
    smaller, smallest = search.smaller(len(enough))
    chosen = smaller or enough
    gone = sorted((words[word] for word in chosen), key=lambda word: word.spans)
    return Removal(tuple(gone), search.left(chosen), smallest)
