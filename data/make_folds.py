"""Write ``social_guard/words/folds.tsv``: what each character outside ASCII is folded to.

The table freezes the Unicode data of one release, so that a comment gets the same score on every Python version.
It needs the libraries ``confusable-homoglyphs`` and ``emoji`` (``pip install -e .[dev]``); scoring needs neither.

Columns, separated by tabs: the code point in hexadecimal; how the character is read; how it may be *disguised*
(a look-alike letter, or the words of an emoji's name), empty for most.
"""

import sys
import unicodedata
from pathlib import Path

import emoji
from confusable_homoglyphs import confusables

TARGET = Path(__file__).resolve().parents[1] / "social_guard" / "words" / "folds.tsv"
QUOTES = dict.fromkeys("‘’‚‛′`´ʼʻˈ", "'") | dict.fromkeys("“”„‟″«»", '"') | dict.fromkeys("‐‑‒–—―−", "-")
LETTERS = {"ø": "o", "đ": "d", "ħ": "h", "ı": "i", "ł": "l", "ŧ": "t", "æ": "ae", "œ": "oe", "þ": "th", "ð": "d"}
SKIN_TONES = range(0x1F3FB, 0x1F400)
FLAG_LETTERS = range(0x1F1E6, 0x1F200)
SQUARED_LETTERS = ((0x1F130, 26), (0x1F150, 26), (0x1F170, 26))
UNFOLDED = ("Lo", "Co", "Cs")


def reading(char: str) -> str:
    """The plain form of one character: compatibility form, lower case, no marks; symbols stand alone."""
    if char in QUOTES:
        return QUOTES[char]
    if ord(char) in SKIN_TONES:
        return ""
    if ord(char) in FLAG_LETTERS or squared_letter(ord(char)):
        return char
    kind = unicodedata.category(char)
    if kind in ("Mn", "Me", "Cf"):
        return ""
    if kind in ("So", "Sk", "Sc", "Sm") and unicodedata.normalize("NFKD", char) == char:
        return f" {char} "
    if kind[0] in "PZCS" and unicodedata.normalize("NFKD", char) == char:
        return " "
    return "".join(plain(part) for part in unicodedata.normalize("NFKD", char).casefold())


def plain(char: str) -> str:
    """One character of a decomposition: marks vanish, letters that only look composed are spelled out."""
    if unicodedata.category(char) in ("Mn", "Me", "Cf"):
        return ""
    if char in QUOTES:
        return QUOTES[char]
    if unicodedata.category(char) == "Nd":
        return str(unicodedata.digit(char))
    if char.isascii() or char in LETTERS:
        return LETTERS.get(char, char)
    return " " if unicodedata.category(char)[0] in "PZCS" else char


def squared_letter(code: int) -> str:
    """The letter in a boxed or circled letter, or nothing."""
    return next((chr(97 + code - start) for start, count in SQUARED_LETTERS if start <= code < start + count), "")


def disguise(char: str) -> str:
    """The ASCII letter that this character resembles, the words of an emoji's name, or nothing."""
    if ord(char) in FLAG_LETTERS:
        return chr(97 + ord(char) - FLAG_LETTERS.start)
    if emoji.is_emoji(char):
        words = emoji.demojize(char, language="en").strip(":").replace("-", "_").lower().split("_")
        return squared_letter(ord(char)) or " ".join(word for word in words if word.isascii() and word.isalpha())
    if squared_letter(ord(char)):
        return squared_letter(ord(char))
    if not unicodedata.category(char).startswith("L"):
        return ""
    folded = reading(char)
    if folded.isascii():
        return ""
    # texts are read in lower case, in which a capital that was a look-alike may be none
    return next((letter for letter in map(resembled, (char, folded, char.upper())) if letter), "")


def resembled(char: str) -> str:
    found = confusables.is_confusable(char, greedy=True, preferred_aliases=[]) if len(char) == 1 else None
    options = [o["c"] for match in found or [] for o in match["homoglyphs"]]
    return next((o.lower() for o in options if len(o) == 1 and o.isascii() and o.isalpha()), "")


def rows() -> list[str]:
    """One line for every character that is not read as itself or that resembles something."""
    lines = []
    for code in range(0x80, sys.maxunicode + 1):
        char = chr(code)
        kind = unicodedata.category(char)
        if kind == "Cn" or 0xAC00 <= code <= 0xD7A3 or (kind in ("Co", "Cs")):
            continue
        read, seen = reading(char), disguise(char)
        if read != char or seen:
            lines.append(f"{code:x}\t{read}\t{seen}")
    return lines


if __name__ == "__main__":
    TARGET.write_text("\n".join(rows()) + "\n", encoding="utf-8")
    print(f"{TARGET.name}: {len(rows())} characters, Unicode {unicodedata.unidata_version}")
