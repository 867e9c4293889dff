"""The words that a model knows, and what a word that it does not know is meant to be."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from itertools import pairwise

from .spellings import Spellings, is_plain

KEPT = 1 << 14
"""Words whose meaning is remembered."""
RARE = 512
"""A known word that is so many times rarer than the commonest may be a piece of another."""
COMMON = 48
"""A word that is not more times rarer than the commonest is very common."""
LONGEST_PIECE = 4
"""Letters of a known one."""
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

    def sees_through(self, tokens: Sequence[str]) -> bool:
        """Whether one of the tokens of a comment is meant to be another word, or may be part of another."""
        if not self:
            return False
        strange = [token for token in tokens if token not in self]
        if strange and any(self.meanings(strange)):
            return True
        pieces = self.pieces.intersection(tokens).union(strange)
        return bool(pieces) and any(self.joined(a, b) for a, b in pairwise(tokens) if a in pieces or b in pieces)

    def meanings(self, words: Sequence[str]) -> list[str]:
        """The known word that each unknown one is probably meant to be, or ``""``: a usual slip or trick away."""
        found = list(map(self._remembered.get, words))
        asked = [word for word, meaning in zip(words, found, strict=True) if meaning is None]
        if asked:
            new = dict.fromkeys(asked, "")
            plain = list(filter(is_plain, new))
            new.update(zip(plain, self.spellings.nearest(plain), strict=True))
            self._remember(new)
            return [new.get(word, meaning) or "" for word, meaning in zip(words, found, strict=True)]
        return [meaning or "" for meaning in found]

    def unmask(self, mask: str) -> str:
        """The known word that is written with asterisks for some of its letters, or ``""``."""
        found = self._remembered.get(mask)
        if found is None:
            found = self.spellings.fitting(mask)
            self._remember({mask: found})
        return found

    def joined(self, left: str, right: str) -> str:
        """The known word that two neighbours are together, if one of them may be a piece, or ``""``."""
        word = left + right
        count = self.get(word)
        if count is None or len(word) < SHORTEST_WHOLE or not is_plain(word):
            return ""
        if left not in self or right not in self:
            return word
        piece = left if left in self.pieces else right
        whole = piece in self.pieces and EVIDENCE * self[piece] <= count and min(len(left), len(right)) > 1
        return word if whole else ""

    @cached_property
    def pieces(self) -> frozenset[str]:
        """Known words that may be pieces of others: short and rare."""
        rare = max(self.values(), default=0.0) / RARE
        return frozenset(word for word, count in self.items() if count <= rare and len(word) <= LONGEST_PIECE)

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
