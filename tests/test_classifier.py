import warnings

import joblib
import numpy as np
import pandas as pd
import pytest
from scipy import sparse
from sklearn.base import clone
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, cross_val_predict
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import FunctionTransformer
from sklearn.utils.estimator_checks import parametrize_with_checks

from social_guard.exceptions import DataError, LabelError
from social_guard.model.classifier import CommentClassifier, deal_folds
from social_guard.model.features import char_ngrams, unit_keys
from social_guard.model.matrix import assemble, count_units, known_words

HEADS = ["offensive_language", "spam", "compliment"]
FAST = {"min_df": 2, "max_words": 1500, "max_grams": 1500}


@pytest.fixture(scope="module")
def texts(own_comments):
    return own_comments["text"][:500].tolist()


@pytest.fixture(scope="module")
def labels(own_comments):
    return own_comments[HEADS][:500]


@pytest.fixture(scope="module")
def fitted(texts, labels):
    return CommentClassifier(folds=2, **FAST).fit(texts, labels)


def word_units(text, known):
    """Tokens and pairs."""
    tokens, pairs = unit_keys(text, known)
    return tokens + pairs


def gram_units(text, known):
    """Character n-grams of tokens."""
    return [gram for token in unit_keys(text, known)[0] for gram in char_ngrams(token)]


def plain_features(classifier, train, texts):
    """The features of the model, made of plain scikit-learn parts only."""
    before, known = known_words(train, classifier.min_df), classifier.vocabulary_.known
    blocks = []
    for units, block in zip((word_units, gram_units), classifier.weights_.blocks, strict=True):
        # what is common is counted before it is known which words the model keeps
        plain = TfidfVectorizer(analyzer=lambda text, units=units: units(text, before), vocabulary=block.keys, norm=None).fit(train)
        scale = 1 / np.sqrt(plain.transform(train).multiply(plain.idf_).sum(axis=1).mean())
        wanted = plain.set_params(analyzer=lambda text, units=units: units(text, known)).transform(texts)
        # the square of a feature is its count times idf squared: each unit that holds it adds its own square
        blocks.append((wanted * scale, wanted.multiply(plain.idf_) * scale**2))
    length = np.sqrt(sum(squares.sum(axis=1) for _, squares in blocks))
    stacked = sparse.hstack([block for block, _ in blocks])
    return sparse.diags(1 / np.maximum(np.asarray(length).ravel(), 1e-150)) @ stacked


def test_features_equal_plain_scikit_learn_parts(fitted, texts):
    """`TfidfVectorizer` over the same units gives the same matrix, within 1e-9."""
    counted = count_units(texts, fitted.min_df, known=fitted.vocabulary_.known)
    ours = assemble(counted, fitted.vocabulary_).to_sparse()
    assert abs(ours - plain_features(fitted, texts, texts)).max() < 1e-9


def test_scores_equal_plain_logistic_regression(fitted, texts, own_comments):
    """`LogisticRegression` with the same weights gives the same log-odds, also of comments not seen, within 1e-9."""
    unseen = [*own_comments["text"][500:700], "", "x", "killing killed kills", "ＫＩＬＬ 1diot 🐷", "\ud800"]
    features = plain_features(fitted, texts, unseen)
    for head in range(len(HEADS)):
        plain = LogisticRegression()
        plain.classes_ = np.array([0, 1])
        plain.coef_, plain.intercept_ = fitted.coef_[head : head + 1], fitted.intercept_[head : head + 1]
        expected = plain.decision_function(features)
        assert np.abs(expected - fitted.decision_function(unseen)[:, head]).max() < 1e-9


def test_fit_finds_the_optimum_that_scikit_learn_finds(texts, labels):
    """Without calibration the coefficients are those of `LogisticRegression`, up to the grid of the weights."""
    y = labels["spam"].to_numpy(int)
    ours = CommentClassifier(C=2.0, ratio_power=0.0, folds=0, **FAST).fit(texts, y)
    features = plain_features(ours, texts, texts)
    plain = LogisticRegression(C=2.0, tol=1e-8, max_iter=2000).fit(features, y)
    assert np.abs(plain.decision_function(features) - ours.decision_function(texts)).max() < 0.05


def test_missing_labels_are_unknown(texts, labels):
    """A comment without a label for a head does not move that head."""
    hidden = labels.astype("Int8").copy()
    hidden.loc[250:, "spam"] = pd.NA
    part = CommentClassifier(folds=0, **FAST).fit(texts, hidden)
    zero_weight = CommentClassifier(folds=0, **FAST).fit(texts, labels["spam"], np.arange(500) < 250)
    assert np.allclose(part.decision_function(texts)[:, 1], zero_weight.decision_function(texts), atol=1e-6)


def test_clone_params_and_pipeline(texts, labels):
    """The estimator lives in scikit-learn's tools."""
    classifier = CommentClassifier(C=0.5, prevalence={"spam": 0.1}, folds=0, **FAST)
    assert clone(classifier).get_params() == classifier.get_params()
    pipeline = Pipeline([("same", FunctionTransformer()), ("guard", classifier)]).fit(np.array(texts, object), labels)
    assert pipeline.predict_proba(np.array(texts[:3], object)).shape == (3, 3)


def test_grid_search_and_cross_validation(texts, labels):
    """Search and cross-validation work on labels of several heads and of one."""
    search = GridSearchCV(CommentClassifier(folds=0, **FAST), {"C": [0.1, 2.0]}, cv=2).fit(texts, labels)
    assert search.best_score_ > 0.7
    proba = cross_val_predict(search.best_estimator_, texts, labels, cv=2, method="predict_proba")
    assert proba.shape == (500, 3)
    named = labels["spam"].map({0: "fine", 1: "spam"})
    single = cross_val_predict(CommentClassifier(C=50.0, folds=0, **FAST), texts, named, cv=2)
    assert (single == named).mean() > 0.9 and set(single) == {"fine", "spam"}


def test_calibration_shifts_to_the_prevalence(texts, labels):
    """At an assumed share of 1 in 100, the mean probability weighted to that share is near it."""
    classifier = CommentClassifier(folds=2, prevalence={"spam": 0.01}, **FAST).fit(texts, labels)
    probability = 1 / (1 + np.exp(-classifier.held_out_log_odds_[:, 1]))
    spam = labels["spam"].to_numpy(float) == 1
    weighted = 0.01 * probability[spam].mean() + 0.99 * probability[~spam].mean()
    assert weighted == pytest.approx(0.01, rel=0.2)


@pytest.mark.parametrize(
    ("y", "message"),
    [
        ([0, 1], "rows for 500 comments"),
        ([0] * 500, "needs two"),
        (np.full((500, 2), 2.0), "allowed are 0, 1 and missing"),
        (np.column_stack([np.arange(500) == 0, np.arange(500) % 2]), "needs at least"),
    ],
)
def test_bad_labels_say_what_is_wrong(texts, y, message):
    """Errors name the head, the row, and what is allowed."""
    with pytest.raises(LabelError, match=message):
        CommentClassifier(folds=2, **FAST).fit(texts, y)


@pytest.mark.parametrize(("X", "message"), [("one", "one text"), ([1, 2], "row 0 of X is int"), (np.zeros((2, 2)), "2 dim")])
def test_bad_texts_say_what_is_wrong(X, message):
    """Errors name the row that is not text."""
    with pytest.raises(DataError, match=message):
        CommentClassifier().fit(X, [0, 1])


def test_folds_keep_groups_and_share_out_labels():
    """No group is split, and a rare label reaches every fold."""
    groups = np.repeat(np.arange(60), 2)
    y = (groups % 10 == 0).astype(float)[:, None]
    folds = deal_folds(groups, y, 3)
    assert all(len(set(folds[groups == g])) == 1 for g in range(60))
    assert [int(y[folds == k].sum()) for k in range(3)] == [4, 4, 4]


def test_words_of_one_writer_are_left_out():
    """However often somebody writes a word, it is no feature before others use it."""
    texts = ["kind nurse", "idiot nurse", "kind flumpet nurse", "idiot flumpet nurse"] * 3
    writers, labels = ["a", "b", "c", "c"] * 3, [0, 1, 0, 1] * 3
    kept = [
        set(CommentClassifier(min_df=1, min_groups=least, folds=0).fit(texts, labels, groups=writers).vocabulary_.words.keys)
        for least in (1, 2)
    ]
    assert "flumpet" in kept[0] and "kind flumpet" in kept[0]
    assert not [key for key in kept[1] if "flumpet" in key] and {"kind", "nurse", "idiot nurse"} - kept[1] == {"idiot nurse"}


def test_names_that_few_use_are_left_out():
    """A name is a feature once ten people use it, and a word that is seldom written like one always is."""
    texts = [f"the nurse was {word}" for word in ("kind", "rude")] + ["ask for Gavin please", "so flumping bad"]
    rows = [(text, f"{who}") for who in range(12) for text in texts]
    rows += [(text, f"{who}") for who in range(9) for text in ("it was Flumpet again", "all of Gavin Zwickelby")]
    rows += [(text, f"{who}") for who in range(5) for text in ("it was drumble", "all drumble here", "oh Drumble again")]
    settings = {"min_df": 1, "min_groups": 2, "folds": 0}
    fitted = CommentClassifier(**settings).fit([text for text, _ in rows], [len(text) % 2 for text, _ in rows], groups=[who for _, who in rows])
    kept = set(fitted.vocabulary_.words.keys)
    assert {"gavin", "‹name› gavin", "flumping", "drumble"} <= kept
    assert not kept.intersection(["flumpet", "‹name› flumpet", "zwickelby", "gavin zwickelby"])
    grams = set(fitted.vocabulary_.grams.keys)
    assert "gavi" in grams and not grams.intersection(["zwick", "kelby", "umpet"])


def test_a_head_that_cannot_be_calibrated_is_named():
    """All comments of one answer count nothing in the calibration."""
    texts, labels = ["kind nurse", "vile nurse"] * 6, pd.DataFrame({"abuse": [0, 1] * 6, "spam": [1, 0] * 6})
    settings, weight = {"min_df": 1, "folds": 2}, [1.0, 0.0] * 6
    with pytest.raises(LabelError, match="'abuse' has 0 comments labelled 1 that count in the calibration; it needs at least 1"):
        CommentClassifier(**settings).fit(texts, labels, calibration_weight=weight)
    CommentClassifier(min_df=1, folds=0).fit(texts, labels, calibration_weight=weight)


def test_estimator_can_be_dumped_with_joblib(fitted, texts, tmp_path):
    """Users may keep the estimator itself; the shipped format does not."""
    joblib.dump(fitted, tmp_path / "guard.joblib")
    assert np.array_equal(joblib.load(tmp_path / "guard.joblib").decision_function(texts), fitted.decision_function(texts))


with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # that most checks need numbers as input is said once, here:

    # scikit-learn's battery feeds numeric arrays; for an estimator of text it runs only the checks that need no data,
    # and skips the others because `input_tags.two_d_array` is False.
    @parametrize_with_checks([CommentClassifier()])
    def test_common_checks(estimator, check):
        """The common checks that apply to an estimator of text."""
        check(estimator)


@pytest.mark.parametrize("how", [list, tuple, pd.Series, lambda t: np.array(t, object), lambda t: np.array(t)])
def test_any_column_of_texts_will_do(fitted, texts, how):
    """What the common checks ask of numeric input, for text: the container does not matter, nor does the order."""
    scores = fitted.decision_function(how(texts[:50]))
    assert np.array_equal(scores, fitted.decision_function(texts[:50]))
    assert np.array_equal(scores[::-1], fitted.decision_function(how(texts[:50][::-1])))


def test_fit_is_repeatable_and_leaves_parameters_alone(texts, labels):
    """Two fits on the same data give the same weights; fitting changes no parameter."""
    first = CommentClassifier(folds=2, **FAST)
    before = first.get_params()
    again = clone(first).fit(texts, labels)
    first.fit(texts, labels)
    assert first.get_params() == before
    assert np.array_equal(first.weights_.words.values, again.weights_.words.values)
    assert np.array_equal(first.weights_.intercepts, again.weights_.intercepts)


@pytest.mark.parametrize(
    ("settings", "message"),
    [({"folds": 1}, "folds is 1; comments are held out in two folds"), ({"folds": -2}, "folds is -2"), ({"prevalence": {"0": 3}}, "the share of 0 is 3; give a number")],
)
def test_settings_that_give_no_score_are_refused(settings, message):
    """Before anything is fitted."""
    with pytest.raises(DataError, match=message):
        CommentClassifier(**FAST | settings).fit(["a"] * 40, [[0], [1]] * 20)
