import numpy as np
import pandas as pd
import pytest

from social_guard.evaluation.judge import even_scores, first_limits, score_table, steps_of
from social_guard.policy.reading import parse_policy

POLICY = parse_policy(
    "version = 1\nnot_english = 0.6\n[categories.abuse]\nreview = 0.1\nremove = 0.6\n[categories.spam]\nreview = 0.2\n"
    "[signposts]\ncomplaint = 0.3"
)


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


def test_scores_as_if_half_belonged(small_guard):
    """Certain scores stay certain, the assumed share becomes a half, and a head whose share is not known has no score."""
    share = small_guard.manifest["prevalence"]["spam"]
    even = even_scores(small_guard, pd.DataFrame({"spam": [0.0, share, 1.0], "story": [0.1, 0.2, 0.3]}))
    assert even["spam"].tolist() == pytest.approx([0.0, 0.5, 1.0]) and even["story"].isna().all()


def test_a_table_of_scores(tiny_guard):
    """A row a text, a column a head."""
    table = score_table(tiny_guard, ["Thank you", "idiots"])
    assert tuple(table.columns) == tiny_guard.heads
    assert np.array_equal(table.to_numpy(), tiny_guard.scores(["Thank you", "idiots"]))
