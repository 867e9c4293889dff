import pickle
import random
import subprocess
import sys

import pytest

from social_guard.words.lexicon import KEPT, MANY, Lexicon
from social_guard.words.spellings import COMMON, Spellings

FILLERS = {f"w{chr(97 + i // 26)}{chr(97 + i % 26)}": 9000.0 for i in range(COMMON)}
WORDS = Lexicon(FILLERS | {"stupid": 40.0, "idiot": 60.0, "where": 9.0, "whore": 5.0, "bat": 7.0, "but": 9000.0, "people": 500.0, "th": 12.0,
                           "they": 800.0, "hot": 300.0, "water": 90.0, "hotel": 30.0, "el": 20.0, "input": 3.0})  # fmt: skip


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("idit", "idiot"),  # a vowel left out
        ("stpd", "stupid"),  # all of them
        ("idoit", "idiot"),  # two letters swapped
        ("idiiot", "idiot"),
        ("stuppid", "stupid"),
        ("bt", "but"),  # of two letters, only a very common word
        ("peaple", "people"),  # another letter: a long word that is common
        ("studid", ""),  # a rare one may be another word
        ("wxy", ""),
        ("tsupid", ""),  # the ends are what people read by
        ("idiots", ""),
        ("i'diot", ""),
        ("ïdiot", ""),
        ("", ""),
    ],
)
def test_a_word_is_read_as_the_likeliest_one_a_slip_away(written, meant):
    """Nothing else is guessed."""
    assert [WORDS.meaning(word) for word in (written, "xq", written)] == [meant, "", meant]


@pytest.mark.parametrize(("mask", "meant"), [("st***d", "stupid"), ("i***t", "idiot"), ("id*ot", "idiot"), ("wh*re", "where"), ("z*a", ""), ("i**t", "")])
def test_a_mask_is_the_likeliest_word_that_fits(mask, meant):
    """One asterisk a letter."""
    assert WORDS.unmask(mask) == meant


def test_a_mask_that_fits_several_is_left():
    """None of them is clearly the likeliest."""
    assert Lexicon({"where": 9.0, "whore": 5.0}).unmask("wh*re") == "where"
    assert Lexicon({"where": 9.0, "whore": 8.0, "white": 8.0}).unmask("wh**e") == ""


@pytest.mark.parametrize(
    ("left", "right", "meant"),
    [("idi", "ot", "idiot"), ("th", "ey", "they"), ("hot", "el", ""), ("hot", "water", ""), ("x", "x", ""), ("stu", "pid", "stupid")],
)
def test_pieces_are_joined_where_one_is_no_word_or_a_rare_one(left, right, meant):
    """And the whole is a word, much commoner than a known piece."""
    assert WORDS.joined(left, right) == meant
    assert WORDS.sees_through(["a", left, right]) == bool(meant)


def test_an_empty_lexicon_sees_nothing():
    """As before the first words are counted."""
    assert not Lexicon().sees_through(["idi", "ot"])


def test_many_unknown_words_take_bounded_memory():
    """The meanings of an endless stream of new words are forgotten in time."""
    words, draw = Lexicon({"stupid": 40.0}), random.Random(0)
    for _ in range(5):
        for _ in range(10_000):
            words.meaning("".join(draw.choices("abcdefghij", k=9)))
            words.unmask(f"a{draw.randrange(10**6)}*b")
        assert max(len(words._meanings), len(words._masked)) <= KEPT
    assert words.meaning("stpd") == "stupid"


def test_every_small_slip_of_a_lone_word_is_found():
    """For words with no neighbours: each vowel left out, each letter doubled, each pair swapped inside."""
    words = ["wonderful", "ambulance", "pharmacist", "elephants"]
    spellings = Spellings(dict.fromkeys(words, 5.0))
    for word in words:
        inside = range(1, len(word) - 1)
        slips = [word[:i] + word[i + 1 :] for i in inside if word[i] in "aeiou"] + [word[:i] + word[i] + word[i:] for i in range(len(word))]
        slips += [word[:i] + word[i + 1] + word[i] + word[i + 2 :] for i in inside[:-1]]
        assert {spellings.nearest(slip) for slip in slips if slip != word} == {word}


def test_without_a_known_word_nothing_is_near():
    """A model of few words, none of them plain, scores like any other."""
    words = {"a": 3.0, "x y": 2.0}
    assert Spellings(words).nearest("idoit") == "" and Lexicon(words).meanings(["idoit"] * MANY) == [""] * MANY


def test_many_words_have_the_meanings_of_each_alone():
    """Sifting them together leaves none out: slips of known words, and words that are none."""
    draw, words = random.Random(0), Lexicon(WORDS)
    slips = [word[:i] + draw.choice(["", word[i] * 2, "e", "x"]) + word[i + 1 :] for word in WORDS for i in range(len(word))]
    slips += ["".join(draw.choices("abcdeistup", k=draw.randint(1, 17))) for _ in range(2000)]
    assert words.meanings(slips) == [Lexicon.meaning(WORDS, slip) for slip in slips] and len(set(words.meanings(slips))) > 5


def test_a_slip_in_the_ninth_letter_is_one():
    """Long words are told apart by every letter: the last ones, by which people read, must agree."""
    words = Lexicon({"vaccinated": 900.0, "wonderful": 900.0})
    assert [words.meaning(word) for word in ("vaccinate", "vaccinatd", "wonderfum")] == ["", "vaccinated", ""]


def test_a_mask_and_a_word_are_remembered_apart():
    """What a mask was asked as first changes nothing."""
    words = Lexicon({"idiot": 60.0})
    assert [words.meaning("id*ot"), words.unmask("id*ot"), words.meaning("id*ot")] == ["", "idiot", ""]


def test_a_lexicon_can_be_pickled():
    """A copy in another process, which draws its own secrets, finds the same words."""
    assert WORDS.meaning("idoit") == "idiot"
    code = "import pickle, sys; print(pickle.load(sys.stdin.buffer).meaning('idoit'))"
    run = subprocess.run([sys.executable, "-c", code], input=pickle.dumps(WORDS), capture_output=True, check=True)
    assert run.stdout.split() == [b"idiot"]
