import pytest
from hypothesis import given

from social_guard.model.features import char_ngrams, find_units, unit_keys, whole_letters
from social_guard.words.lexicon import Lexicon
from social_guard.words.marks import MARKS
from tests.test_text import TEXTS

KNOWN = Lexicon({"idiot": 5.0, "pig": 2.0, "face": 2.0, "good": 9.0, "god": 4.0})


def unmarked(keys):
    """The keys in which no mark takes part."""
    return [key for key in keys if MARKS.isdisjoint(key.split(" "))]


@given(TEXTS)
def test_fast_and_full_path_find_the_same_units(raw):
    """Scoring and explaining see the same units."""
    units = find_units(raw, KNOWN)
    tokens, wholes = unit_keys(raw, KNOWN)
    assert [u.key for u in units if u.kind == "token"] == [token for token in tokens if token not in MARKS]
    assert {u.key for u in units if u.kind != "pair"} == set(tokens)
    assert [u.key for u in units if u.kind == "pair"] == wholes
    assert len(set(tokens)) == len(tokens)
    assert all(len(set(unit.spans)) == len(unit.spans) for unit in units)


@given(TEXTS)
def test_pairs_may_be_chosen(raw):
    """Those that are not asked for are left out; the others stand where they stood."""
    units = find_units(raw, KNOWN)
    chosen = {unit.key for unit in units if unit.kind == "pair" and len(unit.key) % 2}
    assert find_units(raw, KNOWN, chosen) == [unit for unit in units if unit.kind != "pair" or unit.key in chosen]


def test_letters_whose_fold_is_a_capital_have_their_place():
    """Cherokee folds to capitals, which the fast path lowers."""
    text = "\u13ccpint"
    tokens = [unit for unit in find_units(text, KNOWN) if unit.kind == "token"]
    assert [(unit.key, unit.spans) for unit in tokens] == [(unit_keys(text, KNOWN)[0][1], ((0, 5),))]


@pytest.mark.parametrize(
    ("text", "keys"),
    [
        ("an 1diot", ["an", "idiot"]),
        ("an 1d1ord", ["an", "1d1ord"]),  # the reading is no known word
        ("gooood", ["good"]),  # the commoner of two readings
        ("a cl0wn", ["a", "cl0wn", "clown"]),  # what the model knows stays, with the reading beside it
        ("🐷", ["pig", "face"]),
        ("idiot 1diot", ["idiot"]),
        ("id*ot g**d", ["idiot", "g*d"]),  # good, gold, grid: nobody knows
        ("an idoit, an idi ot", ["an", "idiot"]),
        ("i d i o t", ["idiot"]),
        ("", []),
    ],
)
def test_what_is_unknown_gives_way_to_what_it_means(text, keys):
    """A reading, a whole word or a likely spelling stands in the place of what the model does not know."""
    known = Lexicon({"cl0wn": 5.0, "clown": 9.0, "gold": 9.0, "grid": 9.0} | KNOWN)
    assert sorted(unmarked(unit_keys(text, known)[0])) == sorted(keys)


def test_three_letters_and_digits_are_read_as_very_common_words_alone():
    """They may be a part, a bed, a road."""
    known = Lexicon({"the": 4800.0, "you": 900.0, "tit": 79.0, "ass": 79.0})
    assert unmarked(unit_keys("y0u in t1t of th3 a55", known)[0]) == ["in", "t1t", "of", "a55", "you", "the"]


def test_a_word_of_few_letters_is_read_as_a_very_common_one_alone():
    """Most of it may be a number."""
    known = Lexicon({"the": 48000.0, "that": 900.0, "back": 900.0, "both": 900.0, "look": 900.0, "‹end›": 99000.0})
    assert unmarked(unit_keys("7h47 84ck 80th 100k", known)[0]) == ["80th", "100k", "that", "back"]


def test_codes_are_no_words():
    """Roads, wards, halves of postcodes and sizes, also where the word would be a common one."""
    words = {"the": 48000.0, "ass": 700.0, "die": 900.0, "ago": 900.0, "sex": 500.0, "gay": 600.0, "all": 900.0, "bio": 900.0}
    codes = ["a55", "a90", "a555", "d13", "4ss", "5ex", "9ay", "a1!", "b10", "a11"]
    assert unmarked(unit_keys("the " + " ".join(codes), Lexicon(words))[0]) == ["the", *(code.strip("!") for code in codes[:8]), "!", *codes[8:]]


def test_a_sign_at_either_end_of_a_disguised_word_may_be_a_letter():
    """Not of one that is only stretched, or of a word as it is."""
    known = Lexicon({"idiot": 9.0, "nazi": 9.0, "land": 900.0, "too": 900.0, "tool": 90.0, "no": 900.0, "noi": 9.0})
    assert unmarked(unit_keys("!d10t n4z! !and tooo! noooo!", known)[0]) == ["!", "and", "noooo", "idiot", "nazi", "too"]


def test_pairs_run_through_readings():
    """What stands in the place of a word pairs with its neighbours as if it had been written."""
    for written in ("1diot", "idoit", "id*ot", "idi ot", "i.d.i.o.t"):
        assert unmarked(unit_keys(f"you {written} doctor", KNOWN)[1]) == ["you idiot", "idiot doctor"]


@pytest.mark.parametrize(
    ("text", "pair"),
    [
        ("you 🤡 idiot", "you idiot"),
        ("you 🤡 1diot", "you idiot"),
        ("1diot 🙄 doctor", "idiot doctor"),
        ("idi ot 🙄 1diot", "idiot idiot"),
        ("idiot 🙂", "idiot ‹end›"),
        ("🙂 you", "‹start› you"),
    ],
)
def test_words_with_one_picture_between_them_are_neighbours(text, pair):
    """They stand beside it as well, and a second picture parts them; however many comments are read at once."""
    known = KNOWN | {"doctor": 9.0, "you": 9.0}
    lexicon = Lexicon(known)
    assert pair in unit_keys(text, lexicon)[1]
    assert pair in [unit.key for unit in find_units(text, lexicon) if unit.kind == "pair"]
    wider = text.replace("🤡", "🤡 🤡").replace("🙄", "🙄 🙄").replace("🙂", "🙂 🙂")
    assert pair not in unit_keys(wider, lexicon)[1]


def test_a_unit_knows_all_its_places():
    """A repeated unit counts once and points at every place."""
    token = next(unit for unit in find_units("no, No, NO", Lexicon()) if unit.key == "no")
    assert token.spans == ((0, 2), (4, 6), (8, 10))


@pytest.mark.parametrize(
    ("text", "span", "expected"),
    [("ab", (0, 1), (0, 1)), ("a\u0301b", (0, 1), (0, 2)), ("👍🏽!", (0, 1), (0, 2)), ("☺\ufe0f", (0, 1), (0, 2)), ("a", (0, 1), (0, 1))],
)
def test_marks_stay_with_their_letter(text, span, expected):
    """Accents, skin tones and variation selectors."""
    assert whole_letters(text, span) == expected


def test_char_ngrams_are_distinct():
    """An n-gram that stands twice in a token is one."""
    assert char_ngrams("aa") == {" a", "aa", "a ", " aa", "aa ", " aa "}
