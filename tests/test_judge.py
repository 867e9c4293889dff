import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from social_guard.evaluation.judge import first_limits, score_table, shift_prevalence, steps_of
from social_guard.policy.decide import parse_policy

POLICY = parse_policy(
    "version = 1\nnot_english = 0.6\n[categories.abuse]\nreview = 0.1\nremove = 0.6\n[categories.spam]\nreview = 0.2\n"
    "[signposts]\ncomplaint = 0.3"
)
SHARE = st.floats(0.001, 0.999)


@pytest.mark.parametrize(
    ("head", "steps", "lowest", "acting"),
    [
        ("abuse", {"review": 0.1, "hide": 0.6, "remove": 0.6}, 0.1, 0.6),
        ("spam", {"review": 0.2}, 0.2, np.nan),
        ("complaint", {"shown": 0.3}, 0.3, np.nan),
        ("not_english", {"review": 0.6}, 0.6, np.nan),
        ("privacy", {}, np.nan, np.nan),
        ("story", {}, np.nan, np.nan),
    ],
)
def test_steps_of_a_policy(head, steps, lowest, acting):
    """A step that is never taken is not there; a missing one is that of the next step up."""
    assert steps_of(POLICY, head) == steps
    assert np.array_equal(first_limits(POLICY, head), (lowest, acting), equal_nan=True)


@settings(deadline=None)
@given(SHARE, SHARE, SHARE)
def test_shifting_there_and_back_changes_nothing(score, assumed, share):
    """A score that equals the old share becomes the new one; order is kept."""
    frame = pd.DataFrame({"spam": [score, assumed]})
    shifted = shift_prevalence(frame, {"spam": assumed}, share)
    assert shifted["spam"][1] == pytest.approx(share)
    assert (shifted["spam"][0] >= share) == pytest.approx(score >= assumed) or score == pytest.approx(assumed)
    assert shift_prevalence(shifted, {"spam": share}, assumed)["spam"].tolist() == pytest.approx([score, assumed])


def test_a_share_that_is_not_known_gives_missing_scores():
    """Certain scores stay certain."""
    shifted = shift_prevalence(pd.DataFrame({"spam": [0.0, 1.0], "story": [0.1, 0.2]}), {"spam": 0.03}, 0.5)
    assert shifted["spam"].tolist() == [0.0, 1.0] and shifted["story"].isna().all()


def test_a_table_of_scores(tiny_guard):
    """A row a text, a column a head."""
    table = score_table(tiny_guard, ["Thank you", "idiots"])
    assert tuple(table.columns) == tiny_guard.heads
    assert np.array_equal(table.to_numpy(), tiny_guard.scores(["Thank you", "idiots"]))
