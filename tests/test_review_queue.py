import pytest

from social_guard.review.queue import deciding_spans, find_marks, gravity, near_categories, review_item

TEXT = "😀 You are all id1ots, every one of you 😀 you idiots"


def test_marks_point_at_what_javascript_counts(shipped_guard):
    """An emoji is two of its characters; marks stand in order, overlap nowhere and hold the deciding words."""
    item = review_item(shipped_guard.moderate(TEXT), shipped_guard.explain(TEXT), shipped_guard.policy)
    units = TEXT.encode("utf-16-le")
    words = [units[2 * start : 2 * end].decode("utf-16-le") for start, end, _ in item["marks"]]
    places = [place for start, end, _ in item["marks"] for place in (start, end)]
    assert places == sorted(places) and places[-1] <= len(units) // 2
    assert {"id1ots", "idiots"} <= {word for run in words for word in run.split()}


def test_later_kinds_cover_earlier_ones(shipped_guard):
    """A place that speaks for two is shown once."""
    explanation = shipped_guard.explain("idiots")
    assert find_marks(explanation, {"near": ["abuse", "offensive_language"], "breach": ["offensive_language"]}) == [(0, 6, "breach")]
    assert find_marks(explanation, {}) == []


def test_a_comment_without_known_words_has_no_marks(shipped_guard):
    """Nothing decided but the intercept."""
    assert deciding_spans(shipped_guard.explain(""), "spam") == []


def test_near_are_the_scores_between_review_and_action(shipped_guard):
    """They are why a person is asked, and stand apart from what crossed."""
    low, high = shipped_guard.policy.categories["off_topic"].thresholds()[:2]
    decision = shipped_guard.moderate("hello")
    scores = dict.fromkeys(decision.scores, 0.0)
    for score, near in ((low - 1e-6, []), (low, ["off_topic"]), (high - 1e-6, ["off_topic"])):
        assert near_categories(type(decision)(*vars_of(decision), scores=scores | {"off_topic": score}), shipped_guard.policy) == near


def vars_of(decision):
    return decision.action, decision.automatic, decision.needs_review, (), (), ()


ITEM = {"action": "hide", "categories": ["spam"], "near": [], "signposts": [], "margin": 1.0}


@pytest.mark.parametrize(
    ("first", "then"),
    [
        ({"action": "none", "signposts": ["urgent_help"]}, {"action": "report"}),
        ({"action": "report"}, {"action": "remove"}),
        ({"action": "hide"}, {"action": "none", "near": ["abuse"], "categories": []}),
        ({"categories": ["abuse"]}, {"categories": ["spam"]}),
        ({"margin": 0.1}, {"margin": 0.2}),
        ({"action": None, "categories": []}, {"action": "none", "categories": [], "near": ["abuse"]}),
        ({"action": "hide"}, {"action": None, "categories": []}),
    ],
)
def test_the_gravest_come_first(first, then):
    """Danger, then the action, then the category, then doubt; what could not be scored before what needs no action."""
    assert gravity(ITEM | first) < gravity(ITEM | then)
