import pickle

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from social_guard.exceptions import DataError
from social_guard.model.context import EMPTY, KEYS, context_keys, context_units, shared_words
from social_guard.model.features import find_units, unit_keys
from social_guard.model.given import check_posts
from social_guard.model.scorer import MANY, Scorer
from social_guard.words.lexicon import Lexicon
from social_guard.words.text import fold, tokens
from tests.test_text import TEXTS

POST = "Visiting hours on Ward 4 have changed: two visitors by the bed, please"


@pytest.fixture(scope="module")
def answered(own_comments):
    """Comments, and the posts that they answer; many are not known."""
    part = own_comments.iloc[::3]
    return part["text"].tolist(), part["post"].tolist()


@pytest.fixture(scope="module")
def scorer(small_guard):
    return Scorer(small_guard.weights)


@pytest.mark.parametrize(
    ("comment", "expected"),
    [
        ("Visiting is a mess", 1),
        ("visited the beds", 2),  # the first letters count
        ("VISITING HOURS WARD", 3),
        ("hours hours hour", 1),
        ("It has CHANGED, changes and all", 1),
        ("the two by please have", 0),  # words that say nothing
        ("4 :) 👍 07700 900123", 0),
        ("Rubbish match last night", 0),
        ("", 0),
    ],
)
def test_shared_words_are_counted_up_to_three(comment, expected):
    """Each beginning of a word once, whatever its case and form."""
    assert context_keys(tokens(fold(comment)), POST) == KEYS[: len(shared_words(tokens(fold(comment)), POST))]
    assert len(context_keys(tokens(fold(comment)), POST)) == expected


@given(TEXTS, TEXTS)
def test_keys_and_units_are_the_same(text, post):
    """The fast path and the explanation find the same units, and their places lie on words of the comment."""
    units = find_units(text, Lexicon())
    found = context_units(units, post)
    assert tuple(unit.key for unit in found) == context_keys(unit_keys(text, Lexicon())[0], post)
    assert all(set(unit.spans) <= {span for token in units for span in token.spans} and unit.spans for unit in found)


@given(TEXTS)
def test_no_pair_of_a_comment_has_the_key_of_a_post(text):
    """Whatever somebody writes, it is not taken for something shared."""
    assert not set(unit_keys(f"{text} {' '.join(KEYS)}", Lexicon())[1]) & set(KEYS)


def test_the_model_has_learnt_from_posts(small_guard):
    """What is shared speaks against off_topic."""
    words, column = small_guard.weights.words, small_guard.heads.index("off_topic")
    assert words.values[words.index[KEYS[0]], column] < 0


def test_one_alone_and_a_batch_give_the_same_bits(small_guard, answered):
    """With posts and without, for one comment, few, and many."""
    texts, posts = answered
    many = small_guard.scores(texts, posts)
    assert len(texts) > MANY
    assert np.array_equal(many, np.vstack([small_guard.scores([text], [post]) for text, post in zip(texts, posts, strict=True)]))
    for text, post, row in zip(texts[:200], posts, many, strict=False):
        scores = small_guard.moderate(text, post=post).scores
        assert list(scores.values()) == row[: len(scores)].tolist()


def test_no_post_leaves_every_score_as_it_is(small_guard, shipped_guard, answered):
    """To the bit: none given, an empty one, and one with which nothing is shared."""
    texts, _ = answered
    for guard in (small_guard, shipped_guard):
        plain = guard.scores(texts)
        for post in ("", "Zzyzx!"):
            assert np.array_equal(guard.scores(texts, [post] * len(texts)), plain)
        assert guard.moderate(texts[0], post="") == guard.moderate(texts[0], post=None) == guard.moderate(texts[0])


def test_a_comment_does_not_see_the_post_of_another(small_guard, answered):
    """A batch in which only some comments have a post."""
    texts, posts = answered
    mixed = [post if i % 2 else "" for i, post in enumerate(posts)]
    scores = small_guard.scores(texts, mixed)
    assert np.array_equal(scores[::2], small_guard.scores(texts)[::2])
    assert np.array_equal(scores[1::2], small_guard.scores(texts, posts)[1::2])


def test_a_model_without_posts_ignores_them(own_comments):
    """A model that learnt from no posts has no units for them."""
    from social_guard import CommentClassifier

    part = own_comments.iloc[:400]
    plain = CommentClassifier(min_df=3, folds=0).fit(part["text"], part["complaint"])
    assert not set(KEYS) & set(plain.vocabulary_.words.keys)
    posts = part["text"].tolist()  # even where everything is shared
    assert np.array_equal(plain.predict_proba(part["text"], posts), plain.predict_proba(part["text"]))


def test_training_and_scoring_see_the_same_units(own_comments):
    """Log-odds of the fitted matrix are those of the scorer, but for the rounding of weights."""
    from social_guard import CommentClassifier
    from social_guard.model.matrix import assemble, count_units

    part = own_comments.iloc[:600]
    texts, posts = part["text"].tolist(), part["post"].tolist()
    fitted = CommentClassifier(min_df=3, folds=0).fit(texts, part["off_topic"], posts=posts)
    assert KEYS[0] in fitted.vocabulary_.words.keys
    matrix = assemble(count_units(texts, fitted.min_df, posts), fitted.vocabulary_)
    expected = matrix.dot(fitted.coef_[0]) + fitted.intercept_[0]
    assert np.abs(fitted.decision_function(texts, posts) - expected).max() < 1e-6


@given(TEXTS, TEXTS)
@settings(max_examples=50)
def test_explanations_with_a_post_add_up(scorer, text, post):
    """Within 1e-9, by units and by words, to the log-odds of the comment under its post."""
    from social_guard.explaining.explanation import explain_prediction

    explanation = explain_prediction(scorer, text, post)
    intercepts = np.array(list(explanation.intercepts.values()))
    assert np.array_equal(explanation.log_odds, scorer.log_odds([text], [post])[0])
    assert np.abs(intercepts + explanation.contributions.sum(axis=0) - explanation.log_odds).max() < 1e-9
    words = explanation.word_contributions.sum(axis=0) + explanation.form_contributions
    assert np.abs(intercepts + words - explanation.log_odds).max() < 1e-9


def test_an_explanation_points_at_the_shared_words(small_guard):
    """The unit stands on the words of the comment, not on those of the post."""
    explanation = small_guard.explain("Could not find the ward", post=POST)
    (unit,) = [unit for unit in explanation.units if unit.kind == "context"]
    assert (unit.key, [explanation.text[slice(*span)] for span in unit.spans]) == (KEYS[0], ["ward"])


def test_a_scorer_with_posts_can_be_pickled(scorer, answered):
    """A copy in another process gives the same sums."""
    texts, posts = answered
    assert np.array_equal(pickle.loads(pickle.dumps(scorer)).totals(texts, posts), scorer.totals(texts, posts))


@pytest.mark.parametrize(
    ("posts", "message"),
    [([], "there are 0 posts for 2 comments"), (["a", None], "post 1 is NoneType, not text"), ([3, "a"], "post 0 is int")],
)
def test_wrong_posts_are_refused(small_guard, posts, message):
    """With the row and what to give instead."""
    with pytest.raises(DataError, match=message):
        small_guard.scores(["a", "b"], posts)
    with pytest.raises(DataError, match="the post is int, not text"):
        small_guard.moderate("a", post=5)
    assert check_posts(None, 3) is None


@given(st.sampled_from(sorted(EMPTY)))
def test_words_that_say_nothing_are_tokens(word):
    """Each of them is what the tokeniser makes of it, so that none of them is listed in vain."""
    assert tokens(fold(word)) == [word]
