import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from social_guard.exceptions import DataError
from social_guard.prevalence import prior_shift, shift_prevalence

SHARES = st.floats(0.001, 0.999)


@pytest.mark.parametrize(
    ("probability", "assumed", "wanted", "expected"),
    [
        (0.0, 0.03, 0.5, 0.0),
        (1.0, 0.03, 0.5, 1.0),
        (0.03, 0.03, 0.5, 0.5),  # as likely as any comment
        (0.5, 0.5, 0.1, 0.1),
        (0.9, 0.5, 0.1, 0.5),  # odds of 9 to 1, divided by 9
        (0.1, 0.01, 0.01, 0.1),
    ],
)
def test_shift_prevalence(probability, assumed, wanted, expected):
    """The odds are multiplied by the ratio of the prior odds."""
    assert shift_prevalence(probability, assumed, wanted) == pytest.approx(expected, abs=1e-12)


@given(st.lists(st.floats(0, 1), min_size=1), SHARES, SHARES)
def test_a_shift_keeps_the_order_and_can_be_undone(probabilities, assumed, wanted):
    """So an old ranking stays, and no information is lost."""
    ranked = np.sort(probabilities)
    shifted = shift_prevalence(ranked, assumed, wanted)
    assert (np.diff(shifted) >= -1e-15).all() and ((shifted >= 0) & (shifted <= 1)).all()
    assert shift_prevalence(shifted, wanted, assumed) == pytest.approx(ranked, abs=1e-6)


@given(st.floats(-30, 30), SHARES, SHARES)
def test_log_odds_grow_by_the_shift(log_odds, assumed, wanted):
    """The two forms say the same."""
    probability = 1 / (1 + np.exp(-log_odds))
    moved = 1 / (1 + np.exp(-(log_odds + prior_shift(assumed, wanted))))
    assert shift_prevalence(probability, assumed, wanted) == pytest.approx(moved, rel=1e-6, abs=1e-12)
    assert prior_shift(wanted, wanted) == 0.0


def test_a_share_that_is_not_known_gives_no_score():
    """Others beside it are shifted."""
    shifted = shift_prevalence(np.array([[0.1, 0.1]]), np.array([0.1, np.nan]), 0.5)
    assert shifted[0, 0] == pytest.approx(0.5) and np.isnan(shifted[0, 1])


@pytest.mark.parametrize(("assumed", "wanted"), [(0.0, 0.5), (1.0, 0.5), (0.5, 0.0), (0.5, 1.5), (0.5, np.nan), ([0.1, 2.0], 0.5)])
def test_shares_that_leave_nothing_to_tell_apart_are_refused(assumed, wanted):
    """None of the comments, or all of them."""
    with pytest.raises(DataError, match="must lie between 0 and 1"):
        shift_prevalence(0.5, assumed, wanted)
