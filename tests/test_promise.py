import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import trapezoid
from scipy.special import bdtr
from scipy.stats import beta, binom, norm

from social_guard.policy.promise import (
    Promise,
    Sample,
    _chances,
    _mixing,
    _passed_levels,
    cheapest_threshold,
    labels_needed,
    proven_thresholds,
)


def exact_chance(rank, false_alarms, n_positives, n_negatives, ratio):
    """The probability of so few false alarms where the promise is just broken, by numerical integration over the recall."""
    edges = beta.ppf([1e-12, 1 - 1e-12], rank, n_positives - rank + 1)
    recall = np.linspace(edges[0], min(edges[1], 1 / ratio), 20_001)
    density = beta.pdf(recall, rank, n_positives - rank + 1)
    return trapezoid(density * bdtr(false_alarms, n_negatives, np.minimum(ratio * recall, 1)), recall)


@pytest.mark.parametrize("n_positives", [1, 3, 20, 300])
@pytest.mark.parametrize("n_negatives", [10, 200, 5000])
@pytest.mark.parametrize("ratio", [0.001, 0.02, 0.25, 1.0])
def test_the_bound_is_never_more_certain_than_the_exact_one(n_positives, n_negatives, ratio):
    """The short formula gives at least the exact chance, for every count that could prove anything."""
    mixing = _mixing(n_positives, n_negatives, ratio)
    for rank in np.unique(np.geomspace(1, n_positives, 5).astype(int)):
        for false_alarms in range(min(n_negatives, 8)):
            chance = float(_chances(rank, false_alarms, mixing))
            if 1e-6 < chance < 0.3:
                assert exact_chance(rank, false_alarms, n_positives, n_negatives, ratio) <= chance * 1.0001


@pytest.mark.parametrize(
    ("chances", "starts", "expected"),
    [
        ([0.01, 0.02, 0.03], [0], [0.04, 0.04, 0.04]),
        ([0.01, 0.04, 0.05], [0], [0.04, 0.04, 0.0]),  # at the level passes; above it ends
        ([0.05, 0.01, 0.01], [0], [0.0, 0.0, 0.0]),  # nothing after a failure
        ([0.05, 0.01, 0.01], [1], [0.0, 0.04, 0.04]),
        ([0.01, 0.01, 0.03, 0.05], [0, 2], [0.02, 0.02, 0.04, 0.0]),  # the first start hands its half on
        ([0.01, 0.03, 0.01, 0.03], [0, 2], [0.02, 0.0, 0.02, 0.0]),  # it failed on the way: half alone
        ([0.01], [1], [0.0]),  # too few labels for any start
    ],
)
def test_levels_are_handed_on(chances, starts, expected):
    """The fallback procedure, case by case."""
    assert _passed_levels(np.array(chances), starts, 0.04).tolist() == pytest.approx(expected)


@pytest.mark.parametrize(("n_positives", "n_negatives", "promise"), [(1000, 1000, 0.95), (200, 1800, 0.8), (60, 4000, 0.9)])
def test_the_error_is_kept_in_the_worst_case(n_positives, n_negatives, promise):
    """Where every threshold breaks the promise by a hair, a threshold is proven in at most 5 % of redraws."""
    aim = Promise(promise, 0.1, 0.05)
    rng = np.random.default_rng(1)
    broken, redraws = 0, 600
    for _ in range(redraws):
        positives = 1 - rng.random(n_positives)
        falls = rng.random(n_negatives)
        negatives = np.where(falls < 1.0001 * aim.ratio, 1 - falls / (1.0001 * aim.ratio), 0.0)  # f = 1.0001 r t everywhere
        broken += bool(proven_thresholds(Sample(np.sort(np.floor(positives * 1e4) / 1e4), np.sort(negatives)), aim))
    assert broken <= binom.ppf(0.999, redraws, 0.05)
    assert broken > 0  # the procedure spends what it may


@pytest.mark.parametrize("share", [0.5, 0.1])
def test_promises_are_kept_and_recall_is_near_the_best(share):
    """2,000 labels of a good model: kept in at least 95 % of redraws, recall within 0.10 of the best."""
    rng = np.random.default_rng(2)
    aim, n_positives = Promise(0.8, share, 0.05), int(2000 * share)
    grid = np.linspace(-8, 12, 4001)
    inside, outside = norm.sf(grid, 3, 2), norm.sf(grid, -4, 2)
    best = inside[outside <= aim.ratio * inside].max()
    kept, found = 0, []
    for _ in range(200):
        scores = 1 / (1 + np.exp(-np.concatenate([rng.normal(3, 2, n_positives), rng.normal(-4, 2, 2000 - n_positives)])))
        threshold = min(proven_thresholds(Sample.of(scores, np.arange(2000) < n_positives), aim))
        log_odds = np.log(threshold / (1 - threshold))
        kept += norm.sf(log_odds, -4, 2) <= aim.ratio * norm.sf(log_odds, 3, 2)
        found.append(norm.sf(log_odds, 3, 2))
    assert kept >= 190
    assert np.mean(np.array(found) >= best - 0.1) > 0.9


@settings(deadline=None)
@given(st.lists(st.tuples(st.integers(0, 30), st.booleans()), min_size=30, max_size=200), st.floats(0.3, 0.9))
def test_a_false_alarm_less_never_proves_less(rows, precision):
    """Laws: every bound keeps the promise; taking the others down can only help."""
    scores = np.array([score / 30 for score, _ in rows])
    positive = np.array([label for _, label in rows])
    aim = Promise(precision, 0.5, 0.1)
    proven = proven_thresholds(Sample.of(scores, positive), aim)
    lowered = proven_thresholds(Sample.of(np.where(positive, scores, scores * 0.5), positive), aim)
    assert all(bound >= precision - 1e-9 for bound in proven.values())
    assert not proven or min(lowered) <= min(proven)


@pytest.mark.parametrize(("n_positives", "n_negatives"), [(0, 50), (50, 0), (0, 0), (1, 1)])
def test_without_labels_nothing_is_proven(n_positives, n_negatives):
    """And the labels that are missing are counted."""
    sample = Sample(np.full(n_positives, 0.9), np.full(n_negatives, 0.1))
    aim = Promise(0.9, 0.1, 0.05)
    assert proven_thresholds(sample, aim) == {}
    assert labels_needed(sample, aim) == (max(20 - n_positives, 0), max(20 - n_negatives, 0))


def test_the_labels_asked_for_are_enough():
    """With as many more of the same kind, the promise is proven; where the scores overlap, none are asked for."""
    scores = np.concatenate([np.linspace(0.5, 1, 100), np.linspace(0, 0.6, 100)])
    positive = np.arange(200) < 100
    aim = Promise(0.95, 0.02, 0.05)
    assert proven_thresholds(Sample.of(scores, positive), aim) == {}
    more = labels_needed(Sample.of(scores, positive), aim)
    wider = np.concatenate([np.linspace(0.5, 1, 100 + more[0]), np.linspace(0, 0.6, 100 + more[1])])
    assert proven_thresholds(Sample.of(wider, np.arange(len(wider)) < 100 + more[0]), aim)
    assert labels_needed(Sample.of(np.tile(np.linspace(0, 1, 100), 2), positive), aim) is None


@pytest.mark.parametrize(
    ("miss", "false_alarm", "expected"),
    [(1, 1, 0.4), (1, 3, 0.9), (2, 1, 0.3), (1000, 1, 0.3)],
)
def test_costs_decide_the_threshold(miss, false_alarm, expected):
    """Dear false alarms raise it, dear misses lower it."""
    sample = Sample.of(np.array([0.9, 0.8, 0.4, 0.3, 0.85, 0.35, 0.2, 0.1]), np.array([1, 1, 1, 1, 0, 0, 0, 0], dtype=bool))
    assert cheapest_threshold(sample, 0.5, miss, false_alarm) == expected


def test_where_acting_never_pays_there_is_no_threshold():
    """The best comment of all is outside, and a false alarm is dear."""
    sample = Sample.of(np.array([0.5, 0.9]), np.array([True, False]))
    assert cheapest_threshold(sample, 0.1, 1, 100) is None
