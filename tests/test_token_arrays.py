import pytest
from hypothesis import given
from hypothesis import strategies as st

from social_guard.words.marks import mark
from social_guard.words.text import tokens
from social_guard.words.token_arrays import read_tokens, text_keys, token_keys
from tests.test_text import TEXTS


def keys_of(texts):
    """What the arrays hold of each comment: its keys, or None where it is marked as odd."""
    arrays = read_tokens(texts)
    keys = [arrays.keys[arrays.owners == i].tolist() for i in range(len(texts))]
    return [None if odd else row for row, odd in zip(keys, arrays.odd.tolist(), strict=True)]


@given(st.lists(TEXTS, max_size=5))
def test_keys_stand_for_the_tokens_of_the_text_room(texts):
    """Comments that are not odd have the same tokens in the same order; digits outside ASCII are looked at later."""
    for text, keys in zip(texts, keys_of(texts), strict=True):
        folded = mark(text)
        if keys is not None and not any(char.isdigit() and not char.isascii() for char in folded):
            assert keys == token_keys(tokens(folded)).tolist()


@pytest.mark.parametrize(
    "text",
    [
        "",
        "x",
        "don't 'quote' rock'n'roll a''b a'*'b",
        "f**k f*** f***ing *really* 5*** help* a*'b a'*",
        "2024 07700 900123 b12 12b 0 1",
        "what?!! no! !? ?!",
        "# $ % #tag $5 10%",
        "abcdefgh abcdefghi abcdefghij " + "y" * 40,
        "🙂 ok 👍🏽👍🏽 日本語のとても長い文章がここにあります",
        "see https://example.org/a?b and www.example.org, jo@example.org @ward & A&amp;E end.Next x.com.",
        "a\x00b\nc\td",
    ],
)
def test_usual_comments_are_not_odd(text):
    """Words, masks, numbers, shouts, links and other scripts all stay in the arrays."""
    assert keys_of([text, text]) == [token_keys(tokens(mark(text))).tolist()] * 2


@pytest.mark.parametrize("text", ["##", "$$$", "y" * 41, "a " + "é" * 50])
def test_odd_comments_are_marked(text):
    """Signs in a row and words that are cut into pieces are left to the caller."""
    assert keys_of(["fine", text, "fine"])[1] is None


def test_equal_beginnings_have_different_keys():
    """Long tokens are told apart by every part of them."""
    names = [b"a" * n for n in range(1, 161)] + [b"a" * n + b"b" + b"a" * (39 - n) for n in range(40)]
    assert len(set(text_keys(names).tolist())) == len(names)
