"""The words that a model knows, and what a word that it does not know is meant to be."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from itertools import pairwise

from .groups import GROUP, NAMES, as_read
from .remembered import Remembered
from .spellings import Spellings, is_plain

KEPT = 1 << 14
"""Words whose meaning is remembered."""
MANY = 16
"""From so many words on, whole-array steps are quicker than one word after the other."""
RARE = 200
"""A known word that is so many times rarer than the commonest may be a piece of another."""
COMMON = 60
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
    >>> words.meaning("idoit"), words.meaning("stpd"), words.meaning("xyz"), words.unmask("st***d"), words.joined("idi", "ot")
    ('idiot', 'stupid', '', 'stupid', 'idiot')
    """

    def __init__(self, counts: Mapping[str, float] | None = None) -> None:
        """Where groups are known, so are their names, which share the count."""
        super().__init__(counts or {})
        if GROUP in self:
            self.update((name, self[GROUP] / len(NAMES)) for name in NAMES if name not in self)

    @classmethod
    def of_features(cls, keys: Iterable[str], counts: Iterable[float]) -> Lexicon:
        """The words among tokens and pairs, of which each stands in so many comments."""
        return cls({key: float(count) for key, count in zip(keys, counts, strict=True) if " " not in key})

    def __reduce__(self) -> tuple[type[Lexicon], tuple[dict[str, float]]]:
        """Travels to another process as its words alone: keys are drawn anew in every process."""
        return Lexicon, (dict(self),)

    def sees_through(self, tokens: Sequence[str]) -> bool:
        """Whether one of the tokens of a comment is meant to be another word, or may be part of another."""
        if not self or self._whole.issuperset(tokens):
            return False
        strange = [token for token in tokens if token not in self]
        if any(self.meanings(strange)):
            return True
        pieces = self.pieces.intersection(tokens).union(strange)
        return bool(pieces) and any(self.joined(a, b) for a, b in pairwise(tokens) if a in pieces or b in pieces)

    def meaning(self, word: str) -> str:
        """The known word that an unknown one is probably meant to be, or ``""``: a usual slip or trick away."""
        return self._meanings[word] if is_plain(word) else ""

    def meanings(self, words: Sequence[str]) -> list[str]:
        """The same for each of some words; of many, those that are near none are sifted out together."""
        if len(words) < MANY:
            return list(map(self.meaning, words))
        plain = list(filter(is_plain, words))
        near = {word for word, hit in zip(plain, self.spellings.may_be_near(plain).tolist(), strict=True) if hit}
        return [self._meanings[word] if word in near else "" for word in words]

    def unmask(self, mask: str) -> str:
        """The known word that is written with asterisks for some of its letters, or ``""``."""
        return self._masked[mask]

    def joined(self, left: str, right: str) -> str:
        """The known word that two neighbours are together, if one of them may be a piece, or ``""``."""
        word = left + right
        count = self.get(word)
        if count is None or len(word) < SHORTEST_WHOLE or not is_plain(word):
            return ""
        if left not in self or right not in self:
            return as_read(word)  # it stands in two pieces, of which one is no word
        piece = left if left in self.pieces else right
        whole = piece in self.pieces and EVIDENCE * self[piece] <= count and min(len(left), len(right)) > 1
        return as_read(word) if whole else ""

    @cached_property
    def pieces(self) -> frozenset[str]:
        """Known words that may be pieces of others: short and rare."""
        rare = self._most / RARE
        return frozenset(word for word, count in self.items() if count <= rare and len(word) <= LONGEST_PIECE)

    @cached_property
    def _most(self) -> float:
        """How often the commonest word stands; marks and signs are no words."""
        return max([count for word, count in self.items() if word[:1].isalpha()], default=0.0)

    @cached_property
    def _whole(self) -> frozenset[str]:
        """Known words that are no pieces."""
        return frozenset(self).difference(self.pieces)

    @cached_property
    def common(self) -> float:
        """From which count on a word is a very common one."""
        return self._most / COMMON

    @cached_property
    def spellings(self) -> Spellings:
        """The words by their letters."""
        return Spellings(self)

    @cached_property
    def _meanings(self) -> Remembered[str, str]:
        return Remembered(lambda word: as_read(self.spellings.nearest(word)), KEPT)

    @cached_property
    def _masked(self) -> Remembered[str, str]:
        return Remembered(lambda mask: as_read(self.spellings.fitting(mask)), KEPT)
