import pandas as pd
import pytest

from social_guard.exceptions import DataError
from social_guard.explaining.model_views import KINDS, strongest_terms, term_sources


@pytest.mark.parametrize("kind", KINDS)
def test_terms_of_a_kind(small_guard, kind):
    """The strongest first, for or against."""
    terms = small_guard.strongest_terms("offensive_language", 30, kind=kind)
    assert list(terms.columns) == ["term", "kind", "weight", "comments"]
    assert len(terms) == 30 and set(terms["kind"]) == {kind}
    assert terms["weight"].abs().is_monotonic_decreasing
    assert terms["term"].str.strip().str.contains(" ").all() == (kind == "pair")


def test_a_weight_is_what_the_scorer_adds(shipped_guard):
    """A pair's weight is its row on the grid times the step of the head."""
    weights, scorer = shipped_guard.weights, shipped_guard._scorer
    pair = strongest_terms(weights, "spam", 1, kind="pair").iloc[0]
    h = weights.heads.index("spam")
    assert pair["weight"] == pytest.approx(float(scorer.unit_rows([pair["term"]])[0, h] * weights.steps[h]), abs=1e-12)


def test_unknown_heads_and_kinds_are_refused(shipped_guard):
    """With what is allowed."""
    with pytest.raises(DataError, match="no head 'rude'; it has abuse"):
        shipped_guard.strongest_terms("rude")
    with pytest.raises(DataError, match="'emoji' is no kind of term: allowed are word, pair, gram"):
        shipped_guard.strongest_terms("spam", kind="emoji")


ROWS = pd.DataFrame(
    {
        "text": ["you idiot", "an 1diot", "kind nurse", "idiot proof", "you idiot you", "no label, idiot"],
        "source": ["a", "a", "a", "b", "b", "b"],
        "offensive_language": [1, 1, 0, 0, 1, None],
    }
)


def test_sources_of_terms(shipped_guard):
    """Comments with a known label that hold the term, also through its disguise; as a pair or an n-gram."""
    weights = shipped_guard.weights
    found = term_sources(weights, ROWS, "offensive_language", ["idiot", "you idiot", " idi"])
    assert found.drop(columns="usual_share").values.tolist() == [
        ["idiot", "a", 2, 2, 1.0],
        ["idiot", "b", 2, 1, 0.5],
        ["you idiot", "a", 1, 1, 1.0],
        ["you idiot", "b", 1, 1, 1.0],
        [" idi", "a", 2, 2, 1.0],
        [" idi", "b", 2, 1, 0.5],
    ]
    assert found["usual_share"].round(3).tolist()[:2] == [0.667, 0.5]
    assert term_sources(weights, ROWS, "offensive_language", ["unheard-of"]).empty
    assert term_sources(weights, ROWS, "offensive_language", []).empty


def test_missing_columns_are_named(shipped_guard):
    """And where to get them."""
    with pytest.raises(DataError, match="lack the columns source, spam; load them with load_comments"):
        term_sources(shipped_guard.weights, ROWS[["text"]], "spam", ["x"])
