import numpy as np
import pytest

from social_guard.explaining.written_words import find_words, quote, share_out
from social_guard.model.features import Unit, find_units
from social_guard.words.lexicon import Lexicon


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
    assert share_out(units, np.array([[1.0], [4.0], [2.0]]), words).tolist() == [[3.0], [4.0], [0.0]]


def test_marks_alone_touch_no_word():
    """What says how long the comment is counts for none of its words, but beside a word it counts for that."""
    units = [Unit("token", "a", ((0, 1),)), Unit("mark", "‹end›", ((1, 1),)), Unit("pair", "a ‹end›", ((0, 1),))]
    shares = share_out(units, np.array([[1.0], [4.0], [2.0]]), find_words("a", units))
    assert shares.tolist() == [[3.0], [4.0]]


def test_quotations_keep_the_order_of_strength():
    """A comma or a word between keeps two quotations apart."""
    assert quote("a b, c d e", [(5, 6), (0, 1), (2, 3), (9, 10)]) == ["c", "a b", "e"]
