"""Read a comment as a person would: fold its letters, see through disguise, and remember where everything stood.

Two views of a comment leave this room. The *folded* text is plain lower case with links, addresses and user names
as placeholders. *Readings* are guesses at what a disguised stretch is meant to say ("sh1t", "f.o.o.l"); they are
offered beside the folded text and never replace it, so undoing a disguise cannot hide or invent what was written.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import chain, product
from pathlib import Path
from typing import NamedTuple

from .groups import as_read
from .remembered import Remembered

LINK, EMAIL, USER = "‹link›", "‹email›", "‹user›"
TOKEN_LENGTH = 40
"""Longer runs of letters are cut into pieces of this length, which bounds the cost of a token."""

_TOP_DOMAINS = "com|net|org|uk|co|io|ly|me|info|biz|shop|store|online|site|xyz|club|app|gg|tv|eu|ru|cn|tk|top"
MARKERS = ("@", "&", "#", "//", "www.", *(f".{domain}" for domain in _TOP_DOMAINS.split("|")))
SPECIAL = "\u017f\u0130\u0131\u212a"
"""Characters that are letters of ASCII to a search that ignores case, so that they may stand in a link."""
_FEW = 16
_FOREIGN = re.compile(r"[^\x00-\x7f]")
_DOTTED = re.compile(rf"\.(?:{_TOP_DOMAINS})")
_PIECE = 64
"""Longer pieces are not kept in caches, which bounds their memory."""
_EDIT = re.compile(
    rf"(?P<link>(?:https?://|www\.)\S+|(?<![\w@.-])(?:[a-z0-9-]{{1,63}}\.){{1,4}}(?:{_TOP_DOMAINS})(?![\w-])(?:/\S*)?)"
    r"|(?P<email>(?<![\w.+-])[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,4})"
    r"|(?P<user>(?<!\w)@\w{1,64})"
    r"|(?P<entity>&(?:#\d{1,7}|#x[0-9a-f]{1,6}|[a-z][a-z0-9]{1,30});)"
    r"|(?P<hashtag>(?-i:#(?=[A-Za-z0-9_]{0,400}(?:[a-z][0-9_]{0,9}[A-Z]|[A-Z][A-Z][a-z]))[A-Za-z0-9_]{1,400}))"
    r"|(?P<char>(?-i:[^\x00-\x7f]))",
    re.IGNORECASE,
)
_HASHTAG_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+(?:[0-9]+[a-z]+)*|[0-9]+")
_SHOUTS = "!?"
WORD_CHARACTER = r"[^\x00-/:-`{-\x7f]"
"""A small letter, a digit, or what is not ASCII; said by what it is not, since a range up to the last character compiles slowly."""
_TOKEN = re.compile(rf"{WORD_CHARACTER}+(?:['*]+{WORD_CHARACTER}+)*\**|[!?]+|[#$%]")

_FIRST_PICTURE = "\u2100"
"""Behind the marks; `model.block_lattice.pictures` knows it by its bytes."""


def is_picture(token: str) -> bool:
    """Whether a token may stand between words which belong together: an emoji, a sign, or a word of a far script.

    Examples
    --------
    >>> is_picture("🙂"), is_picture("ok"), is_picture(USER)
    (True, False, False)
    """
    return token[0] >= _FIRST_PICTURE


class Reading(NamedTuple):
    """A guess at what a disguised stretch of the folded text, ``start`` to ``end``, is meant to say.

    A ``word`` with asterisks is one that is masked. Of a ``bold`` guess the word must be a very common one.
    """

    word: str
    start: int
    end: int
    bold: bool = False

    def moved(self, places: int) -> Reading:
        """The same, so many characters further on."""
        return Reading(self.word, self.start + places, self.end + places, self.bold) if places else self


class Edit(NamedTuple):
    """The folded text from ``start`` to ``end`` stands for the raw text from ``raw_start`` to ``raw_end``."""

    start: int
    end: int
    raw_start: int
    raw_end: int


@dataclass(frozen=True)
class Normalised:
    """A folded comment that knows where each of its characters came from.

    Attributes
    ----------
    raw : str
        What the person wrote.
    text : str
        The folded text.
    edits : tuple
        The places where folding changed more than the case of a letter.
    """

    raw: str
    text: str
    edits: tuple[Edit, ...] = ()

    @cached_property
    def _starts(self) -> list[int]:
        return [edit.start for edit in self.edits]

    def raw_span(self, start: int, end: int) -> tuple[int, int]:
        """Map a range of the folded text to the range of raw characters it stands for.

        Examples
        --------
        >>> normalise("a&amp;b").raw_span(1, 2)
        (1, 6)
        """
        first = self._to_raw(start, last=False)
        return first, max(self._to_raw(end, last=True), first)

    def _to_raw(self, position: int, *, last: bool) -> int:
        before = bisect_right(self._starts, position if not last else position - 1) - 1
        if before < 0:
            return position
        edit = self.edits[before]
        if position < edit.end:
            return edit.raw_end if last else edit.raw_start
        return edit.raw_end + position - edit.end

    @property
    def readings(self) -> tuple[Reading, ...]:
        """What disguised stretches of the folded text may be meant to say."""
        return tuple(find_readings(self.text))


def normalise(text: str) -> Normalised:
    """Fold a comment and keep a map back to the characters that the person wrote.

    Compatibility forms, accents, case, zero-width characters and HTML entities are undone, hashtags are cut into their words;
    links, e-mail addresses and user names become placeholders. What is disguised on purpose is offered as ``readings``.

    Parameters
    ----------
    text : str
        A comment, in any script, of any length.

    Returns
    -------
    Normalised
        ``.text``, ``.readings`` and ``.raw_span(start, end)``.

    Examples
    --------
    >>> comment = normalise("Caf\\u00e9 at https://example.org is sh1t")
    >>> comment.text
    'cafe at  ‹link›  is sh1t'
    >>> comment.readings[0].word, comment.readings[0].start
    ('shit', 20)
    >>> comment.raw[slice(*comment.raw_span(20, 24))]
    'sh1t'
    """
    if not _needs_edits(text):
        return Normalised(text, text.lower())
    pieces: list[str] = []
    edits: list[Edit] = []
    done = length = 0
    for match in _EDIT.finditer(text):
        new = _replacement(match).lower()  # the fold of a letter may be a capital
        pieces += (text[done : match.start()].lower(), new)
        length += match.start() - done
        edits.append(Edit(length, length + len(new), match.start(), match.end()))
        done, length = match.end(), length + len(new)
    return Normalised(text, "".join([*pieces, text[done:].lower()]), tuple(edits))


def fold(text: str) -> str:
    """The folded text alone: the fast path of `normalise`, equal to ``normalise(text).text``.

    Examples
    --------
    >>> fold("ＴＨＡＮＫ you @ward_sister")
    'thank you  ‹user› '
    >>> fold("#SackTheLot #NHS")
    '# sack the lot #nhs'
    """
    lowered, plain = text.lower(), text.isascii()
    if not (_is_marked(lowered) or (not plain and any(map(text.__contains__, SPECIAL)))):
        return lowered if plain else _fold_chars(text).lower()
    # no edit reaches across a space, and people use the same pieces again and again
    return " ".join([piece.lower() if piece.isascii() and piece.isalpha() else _folded(piece) for piece in text.split(" ")])


def _folded(piece: str) -> str:
    return _fold_piece(piece) if len(piece) <= _PIECE else _edited(piece)


def _edited(piece: str) -> str:
    return _EDIT.sub(_replacement, piece).lower() if _needs_edits(piece) else piece.lower()


_fold_piece = lru_cache(maxsize=1 << 15)(_edited)


def _fold_chars(text: str) -> str:
    """Fold what is not ASCII; a few different characters are quicker to replace one by one, which no fold undoes."""
    chars = set(_FOREIGN.findall(text))
    if len(chars) > _FEW:
        return "".join(map(_tables()[0].get, text, text))
    for char in chars:
        text = text.replace(char, _fold_char(char))
    return text


def _needs_edits(text: str) -> bool:
    return not text.isascii() or _is_marked(text.lower())


def _is_marked(lowered: str) -> bool:
    """Whether there may be a link, an address, a user name, a hashtag or an entity."""
    if "@" in lowered or "&" in lowered or "#" in lowered or "//" in lowered:
        return True
    return "." in lowered and ("www." in lowered or _DOTTED.search(lowered) is not None)


_PLACEHOLDERS = {"link": f" {LINK} ", "email": f" {EMAIL} ", "user": f" {USER} "}


def _replacement(match: re.Match[str]) -> str:
    kind = match.lastgroup or ""
    if kind == "char":
        return _fold_char(match[0])
    if kind == "entity":
        import html  # takes longer to load than all the rest here, and is seldom needed

        return "".join(map(_fold_char, html.unescape(match[0]))).lower()
    if kind == "hashtag":
        return " ".join(["#", *_HASHTAG_WORD.findall(match[0])]).lower()
    return _PLACEHOLDERS[kind]


def _fold_char(char: str) -> str:
    return _tables()[0].get(char, char)


@lru_cache(maxsize=1)
def _tables() -> tuple[dict[str, str], dict[str, str]]:
    """How characters are read, and what they may be disguised as (see ``data/make_folds.py``)."""
    folds, disguises = dict.fromkeys(map(chr, range(0xD800, 0xE000)), " "), {}
    for line in Path(__file__).with_name("folds.tsv").read_text(encoding="utf-8").rstrip("\n").split("\n"):
        code, read, seen = line.split("\t")
        folds[chr(int(code, 16))] = read
        if seen:
            disguises[chr(int(code, 16))] = seen
    return folds, disguises


# ---------------------------------------------------------------------------------------------------------- tokens


def tokens(folded: str) -> list[str]:
    """The tokens of a folded text as they are written, in order.

    Numbers keep only their length, since a digit says nothing about tone and a lot about a person.

    Examples
    --------
    >>> tokens("don't ring 07700 900123!!! f**k")
    ["don't", 'ring', '00000', '000000', '!!', 'f*k']
    """
    return list(chain.from_iterable(map(token_shapes, _TOKEN.findall(folded))))


def token_spans(folded: str) -> list[tuple[str, int, int]]:
    """What the model reads of a folded text, with the places where it stands: ``(token, start, end)``.

    One word stands in the place of all names of groups.

    Examples
    --------
    >>> token_spans("well done hindus")
    [('well', 0, 4), ('done', 5, 9), ('‹group›', 10, 16)]
    """
    spans: list[tuple[str, int, int]] = []
    end = 0
    for piece in _TOKEN.findall(folded):
        start = folded.index(piece, end)  # what stands between tokens holds no character that a token can begin with
        end = start + len(piece)
        if len(piece) <= TOKEN_LENGTH or piece[0] in _SHOUTS:
            spans.append((as_read(piece if piece.isalpha() else _short_shape(piece)), start, end))
        else:
            cuts = range(start, end, TOKEN_LENGTH)
            spans += zip(token_shapes(piece), cuts, [*cuts[1:], end], strict=True)
    return spans


def token_shapes(piece: str) -> tuple[str, ...]:
    """What one find of the tokens' pattern counts as: cut where it is very long, a number by its length, a mask as one sign.

    Examples
    --------
    >>> token_shapes("07700"), token_shapes("f***k")
    (('00000',), ('f*k',))
    """
    if len(piece) > TOKEN_LENGTH and piece[0] not in _SHOUTS:
        return tuple(_short_shape(piece[i : i + TOKEN_LENGTH]) for i in range(0, len(piece), TOKEN_LENGTH))
    return (_short_shape(piece),)


def _short_shape(piece: str) -> str:
    if piece.isdigit():
        return "0" * len(piece)
    if piece[0] in _SHOUTS:
        return piece[0] * min(len(piece), 2)
    if "*" in piece:
        return _mask_shape(piece)
    return piece


def _mask_shape(piece: str) -> str:
    """One asterisk stands for any number; one at the end of a long word or a number is a footnote, not a mask."""
    body = piece.rstrip("*")
    tail = len(piece) - len(body)
    if body.isdigit():
        return "0" * len(body)
    footnote = tail == 1 and len(body) > 2
    return re.sub(r"\*+", "*", body) + ("*" if tail and not footnote else "") or "*"


# --------------------------------------------------------------------------------------------------------- readings

_SEPARATORS = r" .\-_*,/\\~^"
_ALONE = "(?<![a-z0-9'])[a-z]"
_RARE = r"[^\x00-\x1f\"#%&'():;<=>?A-Z\[\]`a-z{}\x7f]"
"""A separator, one of ``@$!|+``, a digit, or what is not ASCII."""
_SIGNED = re.compile(  # every way begins with a rare character, which the search jumps to, and looks back from there
    rf"{_RARE}(?:(?<=[^\x00-\x7f‹›])"
    r"|(?<=[a-z][@$!|+0-9])[@$!|+0-9]*[a-z]|(?<=\$)[a-z]|(?<=[a-z]\$)"
    r"|(?<=[0-9@!|+])[a-z]|(?<=[a-z][0-9@])|(?<=[a-z]\*)[a-z*]"
    rf"|(?<={_ALONE}[{_SEPARATORS}])[{_SEPARATORS}]{{0,2}}[a-z0-9@$!][{_SEPARATORS}]{{1,3}}[a-z](?![a-z0-9'])"
    rf"|(?<={_ALONE}[.\-_~^])[a-z]{{2}}|(?<=[a-z]{{2}}[.\-_~^])[a-z](?![a-z0-9']))"
)
SHORT = 3
"""Three letters and digits may be a part, a bed, a road."""
_CHUNK = re.compile(r"[^\s\"“”(),;:?<>\[\]{}&=#%]+")
_SPACED = re.compile(rf"(?<![a-z0-9'*])[a-z0-9@$!]([{_SEPARATORS}]{{1,3}})(?:[a-z0-9@$!]\1){{1,20}}[a-z0-9@$!](?![a-z0-9'])")
_BETWEEN = re.compile(" [.\\-_*,/\\\\~^]{0,2}[a-z0-9@$!][.\\-_*,/\\\\~^]{0,2} ")
"""A character alone between two spaces, without which no word is spaced out over several pieces."""
_LEET = str.maketrans("034578@$9+", "oeastbasgt")
_ONES = re.compile(r"[1!|]")
_MOST_ONES = 3
_CODE = re.compile(r"[0-9]{2,}[a-z]|[a-z][0-9]{2,}|[0-9]+(?:st|nd|rd|th)")
"""A number with a unit, a road, a ward, an ordinal: not a word."""
_LONGEST_CODE, _FEW_LETTERS = 5, 3
"""What has no more characters may be a code if less than this part is letters or if it begins with two digits."""
_FEWEST_SHOWN = 2
_JOINTS = re.compile(r"[.\-_~^]")
_MASKED = re.compile(r"[a-z]+(?:\*+[a-z]+)+\**|[a-z]{2,}\*{2,}")
_STRIPPED = ".-_~^,/\\*!+'@"
_STRETCHED = re.compile(r"([a-z])\1\1+")


def find_readings(folded: str) -> list[Reading]:
    """What disguised stretches of a folded text may be meant to say: look-alikes, leet, spaced, stretched letters.

    Whole stretches only: a reading never joins words that stand on their own ("hot water"). Several readings of one
    stretch are alternatives, of which the model takes the commonest word that it knows, or none.

    Examples
    --------
    >>> [r.word for r in find_readings("you are s-t-u-p-i-d, id1ot, and a mooooron")]
    ['stupid', 'idiot', 'idlot', 'moron', 'mooron']
    >>> find_readings("as she drank hot water on saturday night, ward b12, bed 7")
    []
    """
    found, start = list(_spaced_readings(folded) if is_spaced_out(folded) else ()), 0
    for piece in read_pieces(folded):
        if piece.readings:
            found += [reading.moved(start) for reading in piece.readings]
        start += piece.length + 1
    return list(dict.fromkeys(found))


class Piece(NamedTuple):
    """What stands between two spaces; no token reaches across a space.

    Attributes
    ----------
    tokens : tuple of str
        With one word in the place of all names of groups.
    readings : tuple of Reading
        Of disguises that the piece holds whole, counted from its start.
    length : int
        Characters.
    """

    tokens: tuple[str, ...]
    readings: tuple[Reading, ...]
    length: int


def read_pieces(folded: str) -> list[Piece]:
    """A folded text piece by piece; people use the same ones again and again.

    Examples
    --------
    >>> [piece.tokens for piece in read_pieces("don't ring 07700!!!")]
    [("don't",), ('ring',), ('00000', '!!')]
    """
    return list(map(_PIECES.__getitem__, folded.split(" ")))


def _read_piece(piece: str) -> Piece:
    word = piece.rstrip(",.")
    if word.isalpha() and word.isascii() and len(word) <= TOKEN_LENGTH and not _STRETCHED.search(word):
        return Piece((as_read(word),), (), len(piece))
    found = tuple(map(as_read, tokens(piece)))
    return Piece(found, tuple(_piece_readings(piece)) if _is_suspect(piece) else (), len(piece))


def _piece_readings(piece: str) -> list[Reading]:
    found = list(_spaced_readings(piece))
    for match in _CHUNK.finditer(piece):
        found += [reading.moved(match.start()) for reading in chunk_readings(match[0])]
    return found


_PIECES = Remembered(_read_piece, 1 << 15)


def is_spaced_out(folded: str) -> bool:
    """Whether a word may be spaced out over several pieces."""
    return _BETWEEN.search(folded) is not None and _SPACED.search(folded) is not None


def _spaced_readings(folded: str) -> Iterator[Reading]:
    for match in _SPACED.finditer(folded):
        for word in _plain_forms(match[0].replace(match[1], "")):
            yield Reading(word, match.start(), match.end())


def _is_suspect(folded: str) -> bool:
    return _SIGNED.search(folded) is not None or _STRETCHED.search(folded) is not None


def chunk_readings(chunk: str) -> tuple[Reading, ...]:
    """What one stretch without gaps may be meant to say, as `find_readings` finds it, counted from its own start.

    Examples
    --------
    >>> [(reading.word, reading.start, reading.end) for reading in chunk_readings("-id1ot-")]
    [('idiot', 1, 6), ('idlot', 1, 6)]
    """
    if len(chunk) > TOKEN_LENGTH:
        return ()
    seen = chunk if chunk.isascii() else "".join([_tables()[1].get(char, char) for char in chunk])
    lone = len(chunk) == 1 and seen != chunk
    if not (lone or (seen.isascii() and len(seen) == len(chunk))) or not _is_suspect(chunk):
        return ()  # of what is not ASCII only a lone character has a reading
    if lone:
        return (Reading(seen, 0, 1),)
    core = seen.strip(_STRIPPED)
    start, written = seen.find(core), core if seen is chunk else chunk.strip(_STRIPPED)
    found = _core_readings(core, start, written)
    if not core.isalpha() and len(core) >= SHORT:  # a sign at either end may be a letter too
        before, after = seen[:start][-1:], seen[start + len(core) :][:1]
        found += _core_readings(before + core, start - 1, written) if before == "!" else []
        found += _core_readings(core + after, start, written) if after and after in "!@" else []
    return tuple(found + _masked(chunk))


def _core_readings(core: str, start: int, written: str) -> list[Reading]:
    short = len(core) == SHORT or core[:2].isdigit() or _letters(core) * _FEW_LETTERS < len(core)
    bold = short and len(core) <= _LONGEST_CODE and any(map(str.isdigit, core))
    return [Reading(word, start, start + len(core), bold) for word in _plain_forms(_rejoined(core)) if word != written]


def _masked(chunk: str) -> list[Reading]:
    """The one masked word that the chunk is but for the signs around it."""
    match = _MASKED.search(chunk) if "*" in chunk else None
    if not match or len(match[0]) - match[0].count("*") < _FEWEST_SHOWN:
        return []
    return [Reading(match[0], match.start(), match.end())] if chunk.strip(_STRIPPED) in match[0] else []


def _rejoined(chunk: str) -> str:
    """Take the separators out of ``f-ool`` and ``f.o.o.l``, but leave ``well-known`` and ``end.Next`` as they are."""
    parts = _JOINTS.split(chunk)
    return "".join(parts) if min(map(len, parts)) <= 1 else chunk


def _plain_forms(word: str) -> list[str]:
    """Every way to read a word whose letters are replaced by digits and signs or stretched, as plain letters."""
    if not _letters(word) or _CODE.fullmatch(word):
        return []
    letters = [word] if word.isalpha() else _ones_read(word.translate(_LEET))
    forms = chain.from_iterable([_unstretched(form) for form in letters if form.isalpha() and form.isascii()])
    return [form for form in dict.fromkeys(forms) if len(form) >= SHORT]


def _letters(word: str) -> int:
    return sum(map(str.isalpha, word))


def _unstretched(word: str) -> list[str]:
    return [_STRETCHED.sub(double, word) for double in (r"\1", r"\1\1")] if _STRETCHED.search(word) else [word]


def _ones_read(word: str) -> list[str]:
    """Each sign that may stand for an ``i`` or an ``l`` read both ways, all alike where there are many."""
    ones = _ONES.findall(word)
    if not ones:
        return [word]
    if len(ones) > _MOST_ONES:
        return [_ONES.sub(letter, word) for letter in "il"]
    pieces = _ONES.split(word)
    return ["".join(chain(*zip(pieces, (*read, ""), strict=True))) for read in product("il", repeat=len(ones))]
