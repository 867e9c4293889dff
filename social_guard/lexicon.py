"""The words that a model knows, and what a word that it does not know is meant to be."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

from .spellings import Spellings, is_plain

KEPT = 1 << 14
"""Words whose meaning is remembered."""
RARE = 512
"""A known word that is so many times rarer than the commonest may be a piece of another."""
COMMON = 48
"""A word that is not more times rarer than the commonest is very common."""
EVIDENCE = 3
"""So many times commoner than such a piece must the whole be."""
SHORTEST_WHOLE = 4


class Lexicon(dict[str, float]):
    """Words with how common they are; not to be changed once it was asked for a meaning.

    Examples
    --------
    >>> words = Lexicon({"stupid": 9.0, "idiot": 5.0})
    >>> words.meanings(["idoit", "stpd", "stuppid", "xyz"]), words.unmask("st***d"), words.joined("idi", "ot")
    (['idiot', 'stupid', 'stupid', ''], 'stupid', 'idiot')
    """

    def meanings(self, words: Sequence[str]) -> list[str]:
        """The known word that each unknown one is probably meant to be, or ``""``: a usual slip or trick away."""
        found = {word: self._remembered.get(word) for word in words}
        asked = [word for word, meaning in found.items() if meaning is None and is_plain(word)]
        if asked:
            new = dict(zip(asked, self.spellings.nearest(asked), strict=True))
            self._remember(new)
            found.update(new)
        return [found[word] or "" for word in words]

    def unmask(self, mask: str) -> str:
        """The known word that is written with asterisks for some of its letters, or ``""``."""
        found = self._remembered.get(mask)
        if found is None:
            found = self.spellings.fitting(mask)
            self._remember({mask: found})
        return found

    def joined(self, left: str, right: str) -> str:
        """The known word that two neighbours are together, if one of them is no word of its own or a rare one."""
        word = left + right
        count = self.get(word, 0.0)
        if not count or len(word) < SHORTEST_WHOLE or not is_plain(word):
            return ""
        rarer = min(self.get(left, 0.0), self.get(right, 0.0))
        whole = rarer <= self.rare and EVIDENCE * rarer <= count and (not rarer or min(len(left), len(right)) > 1)
        return word if whole else ""

    @cached_property
    def rare(self) -> float:
        """Up to which count a known word may be a piece of another."""
        return max(self.values(), default=0.0) / RARE

    @cached_property
    def common(self) -> float:
        """From which count on a word is a very common one."""
        return max(self.values(), default=0.0) / COMMON

    @cached_property
    def spellings(self) -> Spellings:
        """The words by their letters."""
        return Spellings(self)

    @cached_property
    def _remembered(self) -> dict[str, str]:
        return {}

    def _remember(self, meanings: dict[str, str]) -> None:
        if len(self._remembered) + len(meanings) > KEPT:
            self._remembered.clear()
        self._remembered.update(meanings)
