from datetime import UTC, datetime, timedelta

import numpy as np
import pandas as pd
import pytest
from scipy.stats import ks_1samp, uniform

from social_guard import drift
from social_guard.exceptions import DataError
from social_guard.policy.decide import Decision
from social_guard.policy.settings import Action
from social_guard.records.decision_log import DecisionLog
from social_guard.records.keys import Key
from social_guard.records.stability import ks_distance, score_quantiles, stability_index

KEY = Key(bytes(range(32)))
RELEASE = pd.DataFrame({"score_spam": np.random.default_rng(0).beta(1, 9, 5000), "text": "x"})


def scored(scores):
    """A frame as the guard returns it."""
    columns = {"action": "none", "automatic": "none", "needs_review": False, "categories": "", "signposts": "", "error": None}
    return pd.DataFrame({"id": [f"{i} {s}" for i, s in enumerate(scores)], "text": "x", "score_spam": scores}).assign(**columns)


@pytest.fixture
def log(tmp_path):
    """A week as at release, a week that is not, and a small one that strays by chance."""
    days = iter((3, 10, 17))
    draw = np.random.default_rng(1)
    clock = lambda: monday + timedelta(days=next(days))
    monday = datetime(2026, 3, 2, 23, 59, tzinfo=UTC)
    with DecisionLog(tmp_path, KEY, model="m", clock=clock) as log:
        log.append_frame(scored(draw.beta(1, 9, 800)))
        log.append_frame(scored(draw.beta(2, 6, 800)))
        log.append_frame(scored(draw.beta(1, 9, 12)))
    return tmp_path


def test_a_week_that_differs_raises_the_alarm(log):
    """One that does not, or is too small to tell, does not."""
    table = drift(log, score_quantiles(RELEASE))
    assert [str(week.date()) for week, _ in table.index] == ["2026-03-02", "2026-03-09", "2026-03-16"]
    assert table["comments"].tolist() == [800, 800, 12] and table["alarm"].tolist() == [False, True, False]
    assert table["psi"].iloc[0] < 0.1
    assert table["psi"].iloc[1] > 0.25


def test_the_baseline_may_be_a_file(log, tmp_path):
    """As `to_json` writes it."""
    baseline = score_quantiles(RELEASE)
    baseline.to_json(tmp_path / "baseline.json")
    pd.testing.assert_frame_equal(drift(log, baseline), drift(log, tmp_path / "baseline.json"), atol=1e-6)


def test_only_the_decisions_of_one_model(log):
    """Scores of two models do not compare."""
    assert len(drift(log, score_quantiles(RELEASE), model="m")) == 3
    assert len(drift(log, score_quantiles(RELEASE), model="other")) == 0


@pytest.mark.parametrize("baseline", [pd.DataFrame(), pd.DataFrame({"spam": [0.1, 0.2]}), pd.DataFrame({"spam": np.linspace(1, 0, 101)})])
def test_a_baseline_that_is_none(log, baseline):
    """The error says how to make one."""
    with pytest.raises(DataError, match="score_quantiles"):
        drift(log, baseline)


def test_a_baseline_file_that_is_none(log, tmp_path):
    """Missing, or not JSON."""
    (tmp_path / "text.json").write_text("{")
    for name in ("text.json", "nothing.json"):
        with pytest.raises(DataError, match="cannot be read"):
            drift(log, tmp_path / name)
    with pytest.raises(DataError, match="score_abuse"):
        score_quantiles(pd.DataFrame({"spam": [1.0]}))


def test_unscored_decisions_are_left_out(tmp_path):
    """They have no score to compare."""
    with DecisionLog(tmp_path, KEY) as log:
        log.append("1", "x", Decision(Action.NONE, Action.NONE, True, (), ()))
    assert len(drift(tmp_path, score_quantiles(RELEASE))) == 0


def test_the_distance_is_that_of_kolmogorov_and_smirnov():
    """Up to a hundredth, since the baseline is known in hundredths."""
    draw = np.random.default_rng(2)
    for n in (5, 100, 3000):
        scores = np.sort(draw.beta(1.3, 1, n))
        assert 0 <= ks_1samp(scores, uniform.cdf).statistic - ks_distance(scores, np.linspace(0, 1, 101)) < 0.011 + 1 / n


def test_the_index_grows_with_the_shift_and_survives_ties():
    """Nought for the baseline itself, also when most scores are the same."""
    base = np.linspace(0, 1, 101)
    shifted = [stability_index(np.linspace(0, 1, 2001) ** power, base) for power in (1, 1.5, 3)]
    assert shifted == sorted(shifted) and shifted[0] < 0.001 and shifted[2] > 0.25
    tied = np.repeat([0.0, 0.2, 0.9], [60, 31, 10])
    assert stability_index(tied.repeat(20), tied) < 0.01
    assert stability_index(np.full(500, 0.9), tied) > 0.25
    assert ks_distance(tied.repeat(20), tied) < 0.02
    assert np.isfinite(stability_index(np.zeros(50), np.zeros(101)))
