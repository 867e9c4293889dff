import numpy as np
import pytest
from hypothesis import given

from social_guard.features import Unit, find_units, unit_keys
from social_guard.lexicon import Lexicon
from social_guard.written_words import find_words, place_units, quote, share_out, whole_letters
from tests.test_text import TEXTS

KNOWN = Lexicon({"ass": 1.0, "pig": 1.0, "fool": 1.0})


@given(raw=TEXTS)
def test_places_are_those_of_the_units(raw):
    """As `find_units` has them, but for the marks on a last letter."""
    found = find_units(raw, KNOWN)
    for expected, unit in zip(found, place_units(raw, [(unit.kind, unit.key) for unit in found], KNOWN), strict=True):
        assert unit.spans == tuple(dict.fromkeys(whole_letters(raw, span) for span in expected.spans))


def test_letters_whose_fold_is_a_capital_have_their_place():
    """Cherokee folds to capitals, which the fast path lowers."""
    tokens, _ = unit_keys("\u13ccpint", KNOWN)
    assert place_units("\u13ccpint", [("token", token) for token in tokens], KNOWN)[0].spans == ((0, 5),)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", []),
        ("a fool, a FOOL", ["a", "fool"]),
        ("an f-o-o-l!", ["an", "f-o-o-l", "!"]),
        ("℅ ½", ["℅", "½"]),  # one character that is read as several tokens is one word
    ],
)
def test_words_are_what_a_reader_sees(text, expected):
    """A disguised stretch is one word; a word that is repeated is the same word."""
    assert [word.key for word in find_words(text, find_units(text, Lexicon({"fool": 1.0})))] == expected


def test_a_pair_counts_half_for_either_word():
    """And a token whole for its own."""
    units = [Unit("token", "a", ((0, 1),)), Unit("pair", "a b", ((0, 3),)), Unit("token", "b", ((2, 3),))]
    words = find_words("a b", units)
    assert share_out(units, np.array([[1.0], [4.0], [2.0]]), words).tolist() == [[3.0], [4.0]]


@pytest.mark.parametrize(
    ("text", "span", "expected"),
    [("ab", (0, 1), (0, 1)), ("a\u0301b", (0, 1), (0, 2)), ("👍🏽!", (0, 1), (0, 2)), ("☺\ufe0f", (0, 1), (0, 2)), ("a", (0, 1), (0, 1))],
)
def test_marks_stay_with_their_letter(text, span, expected):
    """Accents, skin tones and variation selectors."""
    assert whole_letters(text, span) == expected


def test_quotations_keep_the_order_of_strength():
    """A comma or a word between keeps two quotations apart."""
    assert quote("a b, c d e", [(5, 6), (0, 1), (2, 3), (9, 10)]) == ["c", "a b", "e"]
