from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from social_guard import Action
from social_guard.explaining.removal import smallest_removal
from social_guard.model.features import Unit
from social_guard.model.scorer import to_probability

WEIGHTS = {"a": 3.0, "b": 2.0, "c": 1.0, "d": -2.0, "e": 0.5}


def units(text):
    """One word a letter, the strongest first."""
    places = {}
    for at, letter in enumerate(text):
        if letter != " ":
            places.setdefault(letter, []).append((at, at + 1))
    words = [Unit("word", letter, tuple(spans)) for letter, spans in places.items()]
    return sorted(words, key=lambda word: -WEIGHTS[word.key])


def log_odds(texts):
    """A sum over the distinct letters over the root of their number, as the model has it."""
    found = [set(text) - {" "} for text in texts]
    return np.array([[sum(WEIGHTS[letter] for letter in held) / max(len(held), 1) ** 0.5 - 0.6] for held in found])


@given(st.text("abcde ", max_size=8))
def test_the_smallest_set_is_found(text):
    """As trying every set of words finds it; every smaller set fails."""
    words = units(text)
    found = smallest_removal(text, words, np.array([0.5]), log_odds)
    sizes = [
        len(gone)
        for size in range(len(words) + 1)
        for gone in combinations(words, size)
        if log_odds(["".join(letter for letter in text if letter not in {word.key for word in gone})])[0, 0] < 0
    ]
    assert found is not None and found.smallest
    assert len(found.words) == min(sizes)
    assert to_probability(log_odds([found.text]))[0, 0] < 0.5


def test_nothing_helps():
    """A head that is reached without any word cannot be brought below."""
    assert smallest_removal("a", units("a"), np.array([0.1]), log_odds) is None


def test_a_comment_in_order_needs_no_removal():
    """No words, and the comment as it stands."""
    found = smallest_removal("d", units("d"), np.array([0.5]), log_odds)
    assert (found.words, found.text, found.smallest) == ((), "d", True)


def test_exactly_at_the_threshold_is_not_below():
    """A score at its threshold still calls for the action, so words go until it is below."""
    at = float(to_probability(log_odds(["e"]))[0, 0])
    assert smallest_removal("e", units("e"), np.array([at]), log_odds).words
    assert smallest_removal("e", units("e"), np.array([np.nextafter(at, 1)]), log_odds).words == ()


@pytest.mark.parametrize("text", ["You are all f*cking 1diots", "You useless idiots, sort it out", "idiot IDIOT 1diot"])
def test_the_action_changes_without_the_words(shipped_guard, text):
    """What is left is decided more mildly, and no word of the set could have stayed."""
    action = shipped_guard.moderate(text).action
    removal = shipped_guard.counterfactual(text)
    assert action > Action.NONE and shipped_guard.moderate(removal.text).action < action
    for kept in removal.words:
        letters = list(text)
        for start, end in (span for word in removal.words if word != kept for span in word.spans):
            letters[start:end] = " " * (end - start)
        assert shipped_guard.moderate("".join(letters)).action >= action


def test_a_long_comment_has_an_irreducible_set(shipped_guard):
    """Where not every smaller set can be tried, it is said so, and no word can be left out of the set."""
    insults = "idiots fools morons liars clowns cowards pigs scum muppets losers twats"
    text = f"{insults} {' '.join(f'word{i}' for i in range(150))} {insults.upper()}"
    head, limit = "offensive_language", 0.01
    removal = shipped_guard.explain(text).counterfactual(head, limit)
    column = shipped_guard.heads.index(head)
    assert shipped_guard.scores([removal.text])[0, column] < limit
    assert not removal.smallest


def test_no_action_needs_no_words(shipped_guard):
    """There is nothing to change."""
    assert shipped_guard.counterfactual("Thank you all") is None
