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
    _passed,
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
    ("false_alarms", "expected"),
    [
        ([1, 1, 1, 1], [False, True, True, True]),  # the first rank that bears one false alarm is the second
        ([9, 1, 1, 1], [False, True, True, True]),  # what stands above it is not asked
        ([0, 0, 0, 0], [False, True, True, True]),
        ([0, 1, 5, 1], [False, True, False, False]),  # nothing after a failure
        ([0, 2, 1, 1], [False, False, False, False]),
    ],
)
def test_thresholds_are_tried_one_after_the_other(false_alarms, expected):
    """From the first that can bear a false alarm, until one fails."""
    assert _passed(np.array([20, 60, 80, 100]), np.array(false_alarms), 0.08, 0.05).tolist() == expected


@pytest.mark.parametrize(("ranks", "mixing", "able"), [([20, 40], 0.08, True), ([20, 30], 0.08, False)])
def test_few_labels_must_be_without_false_alarms(ranks, mixing, able):
    """Where no threshold bears one, the sequence begins where none is needed; with fewer still, it never does."""
    assert _passed(np.array(ranks), np.array([0, 0]), mixing, 0.05)[-1] == able
    assert not _passed(np.array(ranks), np.array([1, 1]), mixing, 0.05).any()


@pytest.mark.parametrize(("n_positives", "n_negatives"), [(30, 300), (60, 4000), (200, 1800), (1000, 1000), (1000, 39_000)])
@pytest.mark.parametrize("ratio", [0.000264, 0.00585, 0.0526, 0.25, 1.0])
def test_the_first_broken_threshold_passes_seldom_wherever_it_stands(n_positives, n_negatives, ratio):
    """The sequence errs when the first positive below the true limit passes: its rank is chance, the sum over all is exact."""
    mixing = _mixing(n_positives, n_negatives, ratio)
    for recall in np.linspace(0.05, min(0.95, 1 / ratio), 7):
        hits, alarms = (np.arange(*binom.ppf([1e-7, 1 - 1e-7], n, share).astype(int) + (0, 2)) for n, share in ((n_positives, recall), (n_negatives, ratio * recall)))
        between = np.arange(40)  # false alarms between the limit and the next positive
        chance = binom.pmf(hits, n_positives, recall)[:, None, None] * binom.pmf(alarms, n_negatives, ratio * recall)[:, None] * (1 - mixing) * mixing**between
        passes = _chances(hits[:, None, None] + 1, alarms[:, None] + between, mixing) <= 0.05
        assert (chance * passes).sum() <= 0.05


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


def normal_scores(rng, n_positives, n_negatives):
    """Probabilities whose log-odds are normal, and which of them belong; the better half of what a good model gives."""
    log_odds = np.concatenate([rng.normal(3, 2, n_positives), rng.normal(-4, 2, n_negatives)])
    return 1 / (1 + np.exp(-log_odds)), np.arange(len(log_odds)) < n_positives


LOG_ODDS = np.linspace(-8, 12, 4001)
INSIDE, OUTSIDE = norm.sf(LOG_ODDS, 3, 2), norm.sf(LOG_ODDS, -4, 2)


def true_rates(threshold):
    log_odds = np.log(threshold / (1 - threshold))
    return norm.sf(log_odds, 3, 2), norm.sf(log_odds, -4, 2)


@pytest.mark.parametrize(("share", "precision"), [(0.5, 0.8), (0.5, 0.95), (0.25, 0.95), (0.1, 0.8)])
def test_promises_are_kept_and_recall_is_near_the_best(share, precision):
    """1,000 draws of 2,000 labels: made nearly always, kept in at least 95 %, recall within 0.10 of the best there is."""
    rng = np.random.default_rng(2)
    aim, n_positives = Promise(precision, share, 0.05), int(2000 * share)
    best = INSIDE[OUTSIDE <= aim.ratio * INSIDE].max()
    kept, near = 0, 0
    for _ in range(1000):
        sample = Sample.of(*normal_scores(rng, n_positives, 2000 - n_positives))
        recall, alarms = true_rates(min(proven_thresholds(sample, aim), default=1 - 1e-9))
        kept += alarms <= aim.ratio * recall
        near += recall >= best - 0.1
    assert kept >= 950 and near >= 950


def test_where_labels_are_few_an_oracle_would_prove_little_more():
    """A tenth belongs and 0.95 is asked: recall is within 0.10 nearly as often as for the best single threshold, known before."""
    rng = np.random.default_rng(2)
    aim = Promise(0.95, 0.1, 0.05)
    best = INSIDE[OUTSIDE <= aim.ratio * INSIDE].max()
    fixed = np.interp(np.linspace(best - 0.1, best, 21), INSIDE[::-1], LOG_ODDS[::-1])
    near, proven = 0, np.zeros(len(fixed))
    for _ in range(1000):
        sample = Sample.of(*normal_scores(rng, 200, 1800))
        near += true_rates(min(proven_thresholds(sample, aim), default=1 - 1e-9))[0] >= best - 0.1
        at = 1 / (1 + np.exp(-fixed))
        proven += _chances(sample.hits(at), sample.false_alarms(at), _mixing(199, 1800, aim.ratio)) <= aim.error
    assert near >= 0.75 * proven.max() > 0


def test_a_random_sample_needs_no_prevalence():
    """2,000 comments as they come on a page, one in ten belongs: the share of the labels stands for the true one."""
    rng = np.random.default_rng(4)
    truth = Promise(0.8, 0.1, 0.05)
    kept = 0
    for _ in range(1000):
        n_positives = rng.binomial(2000, 0.1)
        sample = Sample.of(*normal_scores(rng, n_positives, 2000 - n_positives))
        recall, alarms = true_rates(min(proven_thresholds(sample, Promise(0.8, sample.share, 0.05)), default=1 - 1e-9))
        kept += alarms <= truth.ratio * recall
    assert kept >= 950


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
