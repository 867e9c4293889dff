import json
import re

import pytest
from hypothesis import HealthCheck, given, settings

from tests.test_text import TEXTS


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(raw=TEXTS)
def test_contributions_add_up_for_any_text(small_guard, raw):
    """Intercept plus contributions is the log-odds, within 1e-9, for every head."""
    explanation = small_guard.explain(raw)
    scores = small_guard.scores([raw])[0]
    for h, head in enumerate(small_guard.heads):
        total = explanation.intercepts[head] + explanation.contributions[:, h].sum()
        assert total == pytest.approx(explanation.logits[head], abs=1e-9)
        assert explanation.probabilities[head] == pytest.approx(scores[h], abs=1e-12)


def test_frame_has_one_row_a_term_and_category(small_guard):
    """Terms point at what was written, and their contributions add up."""
    text = "You are an 1diot, nurse"
    explanation = small_guard.explain(text)
    frame = explanation.to_frame()
    assert list(frame.columns) == ["category", "term", "kind", "start", "end", "contribution"]
    assert len(frame) == len(explanation.units) * len(explanation.heads)
    sums = frame.groupby("category")["contribution"].sum()
    for head in explanation.heads:
        assert explanation.intercepts[head] + sums[head] == pytest.approx(explanation.logits[head], abs=1e-9)
    written = {row.term: text[row.start : row.end] for row in frame.itertuples()}
    assert written["nurse"] == "nurse" and written.get("idiot", "1diot") == "1diot"


def test_dict_is_json_and_forms_escape(small_guard):
    """HTML in a comment is shown, not run; control characters reach no terminal."""
    explanation = small_guard.explain("<script>alert(1)</script> \x1b[31m thank you")
    assert json.loads(json.dumps(explanation.to_dict()))["text"].startswith("<script>")
    shown = explanation._repr_html_()
    assert set(re.findall(r"<(\w+)", shown)) <= {"p", "b", "br", "mark"} and "&lt;" in shown
    assert "\x1b" not in str(explanation)


def test_deciding_words_add_to_the_score(shipped_guard):
    """Only words that speak for the category are quoted."""
    explanation = shipped_guard.explain("Thank you for nothing, you useless f*cking idiots")
    words = explanation.deciding_words("offensive_language")
    assert words and set(words) <= {"f*cking", "idiots", "useless", "useless f*cking", "f*cking idiots", "you useless", "you"}


def test_reason_names_clause_and_words(shipped_guard):
    """Plain English: what, which words, which clause, what next."""
    decision = shipped_guard.moderate("You are all f*cking idiots")
    assert "“f*cking”" in decision.reason or "“idiots”" in decision.reason
    assert "offensive language, including swearing or personal insults" in decision.reason
    assert "Recommended" in decision.reason
