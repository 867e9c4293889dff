"""Edits that slip words past a filter: of a word, and of a whole comment. All by rule, so that anybody can make them again."""

from __future__ import annotations

import re
from collections.abc import Callable
from random import Random

from social_guard.evaluation.disguise import DISGUISES

Edit = Callable[[str, Random], str]
_CHUNK = re.compile(r"(?P<keep>\S*(?:://|www\.|@|\.\w)\S*)|(?<![\w'’*])(?P<word>[A-Za-z]{3,})(?![\w'’*])")
_VOWELS = re.compile("[aeiouAEIOU]")
_LETTERS = "abcdefghijklmnopqrstuvwxyz"
SHORTEST_BROKEN = 4


def masked(word: str, dice: Random) -> str:
    """All letters inside: ``i***t``."""
    return word[0] + "*" * (len(word) - 2) + word[-1]


def two_masked(word: str, dice: Random) -> str:
    """Two neighbours inside: ``id**t``."""
    at = dice.randrange(1, max(len(word) - 2, 2))
    return word[:at] + "*" * len(word[at : at + 2][: len(word) - at - 1]) + word[min(at + 2, len(word) - 1) :]


def no_vowels(word: str, dice: Random) -> str:
    """All vowels inside left out: ``stpd``."""
    return word[0] + _VOWELS.sub("", word[1:-1]) + word[-1]


def swapped(word: str, dice: Random) -> str:
    """Two neighbours inside swapped: ``idoit``."""
    places = [i for i in range(1, len(word) - 2) if word[i] != word[i + 1]]
    if not places:
        return word
    at = dice.choice(places)
    return word[:at] + word[at + 1] + word[at] + word[at + 2 :]


def doubled(word: str, dice: Random) -> str:
    """One letter twice: ``idiiot``."""
    at = dice.randrange(len(word))
    return word[:at] + word[at] + word[at:]


def _broken(mark: str) -> Edit:
    def broken(word: str, dice: Random) -> str:
        at = dice.randrange(2, len(word) - 1) if len(word) >= SHORTEST_BROKEN else len(word)
        return word[:at] + (mark if at < len(word) else "") + word[at:]

    return broken


def deleted(word: str, dice: Random) -> str:
    """Any letter inside left out."""
    at = dice.randrange(1, len(word) - 1) if len(word) >= SHORTEST_BROKEN else len(word)
    return word[:at] + word[at + 1 :]


def inserted(word: str, dice: Random) -> str:
    """Any letter put in."""
    at = dice.randrange(1, len(word))
    return word[:at] + dice.choice(_LETTERS) + word[at:]


def replaced(word: str, dice: Random) -> str:
    """Any letter inside put in the place of another."""
    at = dice.randrange(1, len(word) - 1)
    return word[:at] + dice.choice(_LETTERS) + word[at + 1 :]


WORD_EDITS: dict[str, Edit] = {
    **DISGUISES,
    **{edit.__name__: edit for edit in (masked, two_masked, no_vowels, swapped, doubled)},
    **{f"broken by {name}": _broken(mark) for name, mark in {"a space": " ", "a line": "\n", "a hyphen": "-"}.items()},
    "any letter left out": deleted,
    "any letter put in": inserted,
    "any letter replaced": replaced,
}


def edit_words(text: str, edit: Edit, only: set[str] | None = None) -> str:
    """A comment with its words changed, or some of them; links, addresses and names of users stay."""
    dice = Random(f"{getattr(edit, '__name__', '')}/{text!a}")

    def _changed(match: re.Match[str]) -> str:
        word = match["word"]
        return edit(word, dice) if word and (only is None or word.lower() in only) else match[0]

    return _CHUNK.sub(_changed, text)


SHORTHAND = {"you": "u", "your": "ur", "are": "r", "to": "2", "for": "4", "and": "n", "please": "pls", "people": "ppl", "because": "cuz", "be": "b"}
WEAKER = {"all": "most of", "always": "often", "every": "many a", "you are": "you may be", "you're": "you might be", "is": "seems", "are": "seem"}
KIND = "Thank you all so much for the lovely care last week, the nurses on the ward were kind and the tea was hot."


def _by_rule(rules: dict[str, str]) -> Edit:
    pattern = re.compile(rf"\b({'|'.join(sorted(rules, key=len, reverse=True))})\b", re.IGNORECASE)
    return lambda text, dice: pattern.sub(lambda match: rules[match[0].lower()], text)


COMMENT_EDITS: dict[str, Edit] = {
    "kind words behind": lambda text, dice: f"{text} {KIND}",
    "kind words on both sides": lambda text, dice: f"{KIND} {text} {KIND}",
    "every word on a line": lambda text, dice: "\n".join(text.split()),
    "emoji between words": lambda text, dice: " ".join(word + dice.choice((" 🌸", " 😀", "")) for word in text.split()),
    "said three times": lambda text, dice: " ".join([text] * 3),
    "shorthand": _by_rule(SHORTHAND),
    "weaker words": _by_rule(WEAKER),
    "no signs, no capitals": lambda text, dice: re.sub(r"[^\w\s@:/']", "", text).lower(),
    "commas between words": lambda text, dice: ", ".join(text.split()),
    "a hashtag": lambda text, dice: "#" + "".join(word.capitalize() for word in re.findall(r"\w+", text)),
}
