from math import inf, nextafter

import pytest

from social_guard.review.queue import deciding_spans, find_marks, gravity, review_item

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
    scores = shipped_guard.moderate("idiots").scores
    for score, above, near in (
        (scores["off_topic"], 1, ["off_topic"]),
        (nextafter(scores["off_topic"], inf), 1, []),
        (0, nextafter(scores["off_topic"], inf), ["off_topic"]),
        (0, scores["off_topic"], []),
    ):
        guard = shipped_guard.with_policy(f"version = 1\n[categories.off_topic]\nreview = {score}\nhide = {above}")
        assert item_of(guard, "idiots")["near"] == near
    guard = shipped_guard.with_policy("version = 1\n" + "".join(f"[categories.{key}]\nreview = 0\n" for key in ("spam", "harassment")))
    assert item_of(guard, "idiots")["near"] == ["harassment", "spam"]


def item_of(guard, text):
    return review_item(guard.moderate(text), guard.explain(text), guard.policy)


BLUE = "[[rules.blocked]]\nphrase = 'blue badge'\ncategory = 'abuse'\naction = 'hide'\n"
NEAR = "[categories.offensive_language]\nreview = 0.01\n"


def test_a_rule_marks_no_word_of_the_score(shipped_guard):
    """Where a phrase of the policy file decided alone, the words of the score are not shown as what decided."""
    item = item_of(shipped_guard.with_policy(f"version = 1\n{BLUE}[categories.abuse]\nhide = 0.9"), "The blue badge bays are full again")
    assert item["marks"] == [] and "a threat or abuse. Our policy" in item["reason"]


@pytest.mark.parametrize("policy", [BLUE, NEAR, BLUE + NEAR, BLUE + "[categories.abuse]\nreview = 0\n"])
def test_the_sheet_gives_the_reason_of_the_decision(shipped_guard, policy):
    """Also of what is only near, and of what rules decided."""
    guard, text = shipped_guard.with_policy(f"version = 1\n{policy}"), "The blue badge bays are full again, you idiots"
    reason = item_of(guard, text)["reason"]
    assert reason == guard.moderate(text).reason
    assert ("It may contain swearing or a personal insult (“idiots”)." in reason) == (NEAR in policy)


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
