import re
import subprocess
import sys
import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from social_guard.evaluation.disguise import DISGUISES, disguise_text
from social_guard.exceptions import DataError

KINDS = list(DISGUISES)
WORDS = st.lists(st.from_regex(r"[a-z]{3,9}", fullmatch=True), min_size=1, max_size=6).map(" ".join)
INVISIBLE = re.compile("[\u200b\u200c\u200d\u2060\ufeff\u00ad]")
UNDONE = {
    "spaced": lambda text: re.sub(r"(?<=\S) (?=\S)", "", text),
    "dotted": lambda text: text.replace(".", ""),
    "zero_width": lambda text: INVISIBLE.sub("", text),
    "full_width": lambda text: unicodedata.normalize("NFKC", text),
    "accents": lambda text: re.sub("[\u0300-\u036f]", "", unicodedata.normalize("NFD", text)),
    "case": str.lower,
}


@pytest.mark.parametrize(
    ("kind", "disguised"),
    [
        ("spaced", " y o u   d a f t   g o a t "),
        ("dotted", "y.o.u d.a.f.t g.o.a.t"),
        ("homoglyph", "уоu dаft gоаt"),
        ("full_width", "ｙｏｕ ｄａｆｔ ｇｏａｔ"),
    ],
)
def test_disguises_without_chance(kind, disguised):
    """What they do is the same whatever the seed."""
    assert {disguise_text("you daft goat", kind, seed=seed) for seed in range(5)} == {disguised}


@pytest.mark.parametrize("kind", KINDS)
def test_a_disguise_changes_every_word(kind):
    """None of them is left as it was."""
    text = "idiots belong nowhere near patients"
    assert not set(text.split()) & set(disguise_text(text, kind, seed=3).split())


def test_the_seed_alone_decides():
    """Another process makes the same choices."""
    code = (
        "from social_guard.evaluation.disguise import DISGUISES, disguise_text;"
        "print(ascii([disguise_text('you daft goats', kind, share=0.7, seed=3) for kind in DISGUISES]))"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == ascii([disguise_text("you daft goats", kind, share=0.7, seed=3) for kind in KINDS])


@pytest.mark.parametrize("kind", sorted(UNDONE))
@settings(deadline=None, max_examples=50)
@given(text=WORDS)
def test_what_is_hidden_is_still_there(kind, text):
    """Undoing the disguise gives the words back."""
    assert UNDONE[kind](disguise_text(text, kind)).split() == text.split()


@pytest.mark.parametrize("kind", KINDS)
@settings(deadline=None, max_examples=50)
@given(text=st.text(max_size=60))
def test_no_share_no_change(kind, text):
    """And any text can be disguised."""
    assert disguise_text(text, kind, share=0) == text
    assert isinstance(disguise_text(text, kind), str)


@pytest.mark.parametrize("kind", KINDS)
def test_links_and_names_of_accounts_stay(kind):
    """So do words of one or two letters."""
    kept = "https://example.org/help @ward_sister team@example.org www.example.org I am ok"
    assert disguise_text(kept, kind) == kept


def test_a_share_of_the_words():
    """Half of many words, give or take."""
    changed = disguise_text("word " * 1000, "dotted", share=0.5, seed=1).count("w.o.r.d")
    assert 400 < changed < 600


def test_one_letter_goes():
    """An asterisk or a gap stands for one letter inside the word, a vowel if there is one."""
    assert {disguise_text("goat", "asterisk", seed=s) for s in range(9)} == {"g*at", "go*t"}
    assert {disguise_text("goat", "missing_vowel", seed=s) for s in range(9)} == {"gat", "got"}
    assert disguise_text("hmm", "missing_vowel") == "hmm"


def test_a_stretch_is_three_letters_or_more():
    """Up to six."""
    lengths = {len(disguise_text("goat", "stretched", seed=s)) - 3 for s in range(40)}
    assert lengths == {3, 4, 5, 6}


@pytest.mark.parametrize(
    ("options", "message"),
    [({"kind": "rot13"}, "no disguise 'rot13'; use one of leet"), ({"kind": "leet", "share": 1.5}, "share is 1.5")],
)
def test_what_is_not_allowed_is_named(options, message):
    """With what is."""
    with pytest.raises(DataError, match=message):
        disguise_text("a word", **options)
