import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import average_precision_score, brier_score_loss, precision_score, recall_score, roc_auc_score

from social_guard.evaluation.bootstrap import Redraws
from social_guard.evaluation.measures import (
    Sample,
    area_under_curve,
    average_precision,
    brier_score,
    calibration_error,
    calibration_line,
    chance_error,
    rates,
    reliability,
)

RANDOM = np.random.default_rng(5)


def drawn(n, redraws=4, units=None):
    """Redraws of comments one by one, or of units of several."""
    unit = np.arange(n) if units is None else RANDOM.integers(units, size=n)
    counts = RANDOM.integers(0, 4, size=(redraws, unit.max() + 1))
    counts[0] = 1
    return Redraws(counts, unit)


def sample(n=400, redraws=4, prevalence=None, units=None, digits=2):
    score = RANDOM.uniform(size=n).round(digits)
    return Sample(RANDOM.uniform(size=n) < score, score, drawn(n, redraws, units), prevalence)


def weights_of(sample, row):
    """The weights that scikit-learn needs for the same: of the redraw, times those that make the prevalence."""
    weight = sample.redraws.counts[row][sample.redraws.unit].astype(float)
    if sample.prevalence is None:
        return weight
    sums = [weight[~sample.positive].sum(), weight[sample.positive].sum()]
    return weight * np.where(sample.positive, sample.prevalence / sums[1], (1 - sample.prevalence) / sums[0])


@pytest.mark.parametrize("units", [None, 12])
@pytest.mark.parametrize("prevalence", [None, 0.03])
def test_measures_are_those_of_scikit_learn_under_every_redraw(prevalence, units):
    """With ties, whatever is redrawn, and at any prevalence."""
    given = sample(prevalence=prevalence, units=units)
    for row in range(4):
        truth, score, weight = given.positive, given.score, weights_of(given, row)
        assert average_precision(given)[row] == pytest.approx(average_precision_score(truth, score, sample_weight=weight))
        assert area_under_curve(given)[row] == pytest.approx(roc_auc_score(truth, score, sample_weight=weight))
        assert brier_score(given)[row] == pytest.approx(brier_score_loss(truth, score, sample_weight=weight))
        found = {name: values[row] for name, values in rates(given, 0.7).items()}
        assert found["precision"] == pytest.approx(precision_score(truth, score >= 0.7, sample_weight=weight))
        assert found["recall"] == pytest.approx(recall_score(truth, score >= 0.7, sample_weight=weight))
        assert found["touched"] == pytest.approx(np.average(score >= 0.7, weights=weight))


@settings(deadline=None)
@given(st.lists(st.tuples(st.booleans(), st.integers(0, 4)), min_size=2, max_size=12).filter(lambda p: len({a for a, _ in p}) == 2))
def test_ties_are_counted_as_scikit_learn_does(pairs):
    """Every pattern of equal scores."""
    truth, score = np.array([a for a, _ in pairs]), np.array([b / 4 for _, b in pairs])
    given = Sample(truth, score, Redraws.none(len(pairs)))
    assert average_precision(given)[0] == pytest.approx(average_precision_score(truth, score))
    assert area_under_curve(given)[0] == pytest.approx(roc_auc_score(truth, score))


def test_average_precision_at_the_share_of_the_labels():
    """The assumed prevalence changes it only where it is asked for."""
    given = sample(prevalence=0.01)
    plain = Sample(given.positive, given.score, given.redraws)
    assert average_precision(given, assumed=False).tolist() == average_precision(plain).tolist()
    assert average_precision(given)[0] < average_precision(plain)[0]


def test_one_answer_alone_has_no_measures():
    """Missing, without a warning."""
    for truth in (np.zeros(3, bool), np.ones(3, bool)):
        given = Sample(truth, np.array([0.1, 0.2, 0.2]), Redraws.none(3))
        assert np.isnan(area_under_curve(given)).all() and np.isnan(calibration_line(given)).all()
    assert np.isnan(rates(given, 0.1)["false_positive_rate"]).all()


def test_a_redraw_without_positives_is_missing():
    """Others are not touched by it."""
    given = Sample(np.array([True, False]), np.array([0.9, 0.1]), Redraws(np.array([[1, 1], [0, 2]]), np.arange(2)))
    assert np.isnan(area_under_curve(given)).tolist() == [False, True]


def test_calibration_is_measured_at_the_prevalence():
    """Scores that are right at 1 in 100 have no error there, and a large one at the share of the labels."""
    truth, score = np.repeat([True, False], 500), np.full(1000, 0.01)
    assert calibration_error(Sample(truth, score, Redraws.none(1000), 0.01)) == pytest.approx(0.0, abs=1e-12)
    assert calibration_error(Sample(truth, score, Redraws.none(1000))) == pytest.approx(0.49)


def test_calibration_error_above_a_score_leaves_the_rest_out():
    """A score at the limit is not above it."""
    truth, score = np.array([False, True, False, True]), np.array([0.05, 0.1, 0.5, 0.9])
    assert calibration_error(Sample(truth, score, Redraws.none(4)), 0.1) == pytest.approx((0.5 + 0.1) / 2)
    assert np.isnan(calibration_error(Sample(truth, score, Redraws.none(4)), 0.9))


def test_the_error_by_chance_is_that_of_scores_which_are_right():
    """Over many samples of right scores, few positives among many at an assumed share, the mean error is what is foretold."""
    dice, found, foretold = np.random.default_rng(1), [], []
    score = dice.beta(0.1, 3, 60_000)
    for _ in range(60):
        truth = dice.random(len(score)) < score
        kept = np.concatenate([dice.choice(np.flatnonzero(truth == answer), n, False) for answer, n in ((True, 150), (False, 1500))])
        few = Sample(truth[kept], score[kept], Redraws.none(len(kept)), float(score.mean()))
        found.append(calibration_error(few, 0.1)[0])
        foretold.append(chance_error(few, 0.1, draws=50)[0])
    assert np.mean(foretold) == pytest.approx(np.mean(found), rel=0.1)
    assert np.isnan(chance_error(few, 1.0)).all()


def test_reliability_adds_up():
    """The volumes of the bins make one; in each bin the mean score lies inside it."""
    volume, mean_score, observed = reliability(sample(prevalence=0.1))
    assert volume.sum(axis=1) == pytest.approx(1.0)
    inside = volume[0] > 0
    assert np.all((mean_score[0] * 15).astype(int)[inside] == np.flatnonzero(inside))
    assert (volume[0] * observed[0])[inside].sum() == pytest.approx(0.1)


def refitted(given, row):
    """Slope and intercept by scikit-learn, without a penalty to speak of."""
    log_odds, weight = np.log(given.score / (1 - given.score)), weights_of(given, row)
    fit = LogisticRegression(C=1e10, tol=1e-10, max_iter=1000).fit(log_odds[:, None], given.positive, weight / weight.mean())
    return fit.coef_[0, 0], fit.intercept_[0]


@pytest.mark.parametrize("prevalence", [None, 0.05])
def test_calibration_line_is_a_logistic_regression(prevalence):
    """Exact on the comments as they are; one step of Newton's method is close on the redraws."""
    score = RANDOM.uniform(0.02, 0.98, size=3000)
    truth = RANDOM.uniform(size=3000) < 1 / (1 + np.exp(-(0.7 * np.log(score / (1 - score)) - 0.4)))
    counts = RANDOM.poisson(1, size=(6, 3000))
    counts[0] = 1
    given = Sample(truth, score, Redraws(counts, np.arange(3000)), prevalence)
    slope, intercept = calibration_line(given)
    assert slope[0] == pytest.approx(refitted(given, 0)[0], abs=1e-4)
    for row in range(1, 6):
        assert slope[row] == pytest.approx(refitted(given, row)[0], abs=0.01)
    log_odds = np.log(score / (1 - score)) + intercept[0]
    assert np.average(1 / (1 + np.exp(-log_odds)), weights=weights_of(given, 0)) == pytest.approx(given.share[0, 0])


def test_a_faultless_score_has_no_slope():
    """It would have no end; the intercept has one."""
    slope, intercept = calibration_line(Sample(np.array([True, False]), np.array([0.8, 0.3]), Redraws.none(2)))
    assert np.isnan(slope).all() and np.isfinite(intercept).all()
