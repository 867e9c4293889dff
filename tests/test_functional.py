import numpy as np
import pandas as pd
import pytest

from social_guard import evaluate_cases
from social_guard.exceptions import DataError
from social_guard.policy.reading import parse_policy
from tests.conftest import ROOT


class Fixed:
    """A judge whose scores are in the texts."""

    heads = ("spam", "complaint")
    policy = parse_policy("version = 1\n[categories.spam]\nreview = 0.2\nhide = 0.6\n[signposts]\ncomplaint = 0.4")
    model_hash = "0"

    @property
    def manifest(self):
        return {"prevalence": {"spam": 0.1}}

    def scores(self, texts):
        return np.array([[float(text)] * 2 for text in texts])


def cases(category, *pairs):
    return pd.DataFrame([("r", category, expected, text) for text, expected in pairs], columns=["rule", "category", "expected", "text"])


@pytest.mark.parametrize(
    ("category", "score", "reached"),
    [
        ("spam", "0.0999", (0, 0, 0, 0)),
        ("spam", "0.1", (0, 1, 0, 0)),
        ("spam", "0.2", (0, 1, 1, 0)),
        ("spam", "0.5", (1, 1, 1, 0)),
        ("spam", "0.6", (1, 1, 1, 1)),
        ("complaint", "0.4", (0, np.nan, 1, np.nan)),
        ("complaint", "0.3999", (0, np.nan, 0, np.nan)),
    ],
)
def test_readings(category, score, reached):
    """A positive case passes what its score reaches, a negative one what it does not; at a threshold it is reached."""
    found = evaluate_cases(Fixed(), cases(category, (score, 1), (score, 0))).rules.drop(columns="cases").to_numpy(float)
    assert np.array_equal(found[0], reached, equal_nan=True)
    assert np.array_equal(found[1], 1 - np.array(reached, float), equal_nan=True)


def test_categories_are_summed_up():
    """Accuracy over all, over the positive and over the negative cases."""
    found = evaluate_cases(Fixed(), cases("spam", ("0.9", 1), ("0.3", 1), ("0.7", 0), ("0.1", 0), ("0.05", 0))).categories.loc["spam"]
    assert found[["cases", "half", "half_positive"]].tolist() == [5, 3 / 5, 1 / 2]
    assert found["half_negative"] == pytest.approx(2 / 3) and found["auc"] == pytest.approx(5 / 6)


def test_given_scores_are_judged_in_place_of_the_guards():
    """Such as held-out ones."""
    scores = pd.DataFrame({"spam": [0.9, 0.1]})
    assert evaluate_cases(Fixed(), cases("spam", ("0", 1), ("0", 0)), scores=scores).categories.loc["spam", "half"] == 1.0


def test_what_is_missing_is_named():
    """A column, or a head."""
    with pytest.raises(DataError, match="lack the column 'rule'"):
        evaluate_cases(Fixed(), pd.DataFrame({"text": ["0"]}))
    with pytest.raises(DataError, match="for 'abuse', which is not scored"):
        evaluate_cases(Fixed(), cases("abuse", ("0", 1)))


def test_our_own_cases_are_whole(small_guard):
    """Each tests a known category; a disguised one varies one that stands there; a guard that learnt anything passes some."""
    own = pd.read_csv(ROOT / "data" / "functional" / "cases.csv")
    assert own["id"].is_unique and own["text"].is_unique and set(own["expected"]) == {0, 1}
    assert set(own["plain_id"].dropna()) <= set(own["id"])
    found = evaluate_cases(small_guard, own)
    assert found.rules["cases"].sum() == len(own) == 2569
    assert found.categories.loc["hate_speech", "auc"] > 0.6
