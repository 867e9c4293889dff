import pytest

from social_guard.categories import CATEGORIES, NOT_ENGLISH
from social_guard.policy import REVIEW_CODES, DecisionTable, parse_policy
from social_guard.reasons import describe_decision

POLICY = "version = 1\n" + "".join(f"[categories.{key}]\nreview = 0.2\nhide = 0.5\nremove = 0.8\n" for key in CATEGORIES)
HEADS = (*CATEGORIES, "urgent_help", NOT_ENGLISH)
TABLE = DecisionTable(parse_policy(POLICY + "[signposts]\nurgent_help = 0.5\n"), HEADS)


def decide(**given):
    return TABLE.decide([given.get(head, 0.0) for head in HEADS])


@pytest.mark.parametrize("key", list(CATEGORIES))
def test_each_category_is_told_with_its_clause_and_words(key):
    """The policy's own words stand in the reason."""
    reason = describe_decision(decide(**{key: 0.6}), {key: ["these words"]})
    assert CATEGORIES[key].clause in reason and "“these words”" in reason and "hide it" in reason


@pytest.mark.parametrize(
    ("given", "code"),
    [({"abuse": 0.9}, "confirm"), ({"abuse": 0.3}, "near_threshold"), ({"urgent_help": 0.7}, "urgent"), ({NOT_ENGLISH: 0.9}, "not_english")],
)
def test_why_a_person_must_look_is_told(given, code):
    """Each code has its sentence."""
    reason = describe_decision(decide(**given), {})
    assert "A person must look" in reason and REVIEW_CODES[code] in reason


def test_nothing_found_is_said():
    """A comment in order has a short reason."""
    assert describe_decision(decide(), {}) == "No action is recommended."
