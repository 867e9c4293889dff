import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import average_precision_score, roc_auc_score

from social_guard.evaluation import MEASURES, calibration_error, evaluate_scores, prevalence_weights


def test_measures_are_those_of_scikit_learn_on_known_labels():
    """A missing label takes no part."""
    rng = np.random.default_rng(1)
    labels = pd.DataFrame({"spam": pd.array([0, 1, None, 1, 0, 0] * 20, dtype="Int8")})
    scores = pd.DataFrame({"spam": rng.uniform(size=120)})
    measured = evaluate_scores(labels, scores).loc["spam"]
    known = labels["spam"].notna()
    truth = labels.loc[known, "spam"].astype(int)
    assert list(measured.index) == list(MEASURES) and measured["positives"] == 40
    assert measured["auc"] == roc_auc_score(truth, scores.loc[known, "spam"])
    assert measured["average_precision"] == average_precision_score(truth, scores.loc[known, "spam"])


def test_a_head_with_one_answer_has_no_measures():
    """Counts, and nothing that would mislead."""
    measured = evaluate_scores(pd.DataFrame({"spam": [0, 0]}), pd.DataFrame({"spam": [0.1, 0.2]})).loc["spam"]
    assert measured["negatives"] == 2 and np.isnan(measured["auc"])


def test_calibration_is_measured_at_the_prevalence():
    """Scores that are right at a share of 1 in 100 have no error there, and a large one at the share of the labels."""
    positive = np.repeat([True, False], 500)
    score = np.full(1000, 0.01)
    assert calibration_error(positive, score, prevalence_weights(positive, 0.01)) == pytest.approx(0.0, abs=1e-12)
    assert calibration_error(positive, score, prevalence_weights(positive, None)) == pytest.approx(0.49)
