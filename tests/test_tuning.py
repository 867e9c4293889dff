import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import f1_score

from social_guard.policy import LEVELS
from social_guard.tuning import BUDGETS, threshold_for_f1, thresholds_within_budget

SHARES = st.lists(st.floats(0, 1), min_size=1, max_size=300).map(np.array)


@given(SHARES)
def test_budgets_hold_and_thresholds_rise(others):
    """No step touches more than its share, a score at the threshold included; each step is at least the one below."""
    chosen = thresholds_within_budget(others)
    assert [chosen[level] for level in LEVELS] == sorted(chosen.values())
    for level in LEVELS:
        if chosen[level] < 1:
            assert (others >= chosen[level]).sum() <= BUDGETS[level] * len(others)


@pytest.mark.parametrize(("others", "report"), [([0.2, 0.9], 0.9001), ([0.0], 0.0001), ([1.0], 1.0), ([], 0.0001)])
def test_no_budget_means_above_every_other_comment(others, report):
    """The edge cases: nothing to compare with, and a comment that looks certain."""
    assert thresholds_within_budget(np.array(others))["report"] == report


@given(st.lists(st.tuples(st.integers(0, 20), st.booleans()), min_size=2, max_size=60).filter(lambda rows: any(p for _, p in rows)))
def test_the_best_f1_is_found(rows):
    """No other threshold on the grid does better, ties in score included."""
    score = np.array([s / 20 for s, _ in rows])
    positive = np.array([p for _, p in rows])
    best = max(f1_score(positive, score >= t) for t in np.arange(21) / 20)
    assert f1_score(positive, score >= threshold_for_f1(score, positive)) == pytest.approx(best)
