import pytest

from social_guard.categories import CATEGORIES, NOT_ENGLISH
from social_guard.explaining.reasons import REASON_CODES, describe_decision, mask_words, tell_author
from social_guard.policy.decide import REVIEW_CODES, DecisionTable
from social_guard.policy.reading import parse_policy
from tests.conftest import ROOT

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


def test_what_needs_an_answer_is_named_once():
    """By its name alone; somebody who may need help is told among the reasons to look, and not again."""
    policy = parse_policy("version = 1\n[signposts]\nurgent_help = 0.5\nclinical_question = 0.5\n")
    decision = DecisionTable(policy, ("urgent_help", "clinical_question")).decide([0.9, 0.9])
    assert describe_decision(decision, {}) == (
        "No action is recommended. A person must look: somebody may need help now. It may need an answer: clinical question."
    )


def test_a_category_that_was_close_is_named():
    """The person who must look learns at what."""
    reason = describe_decision(decide(abuse=0.3, spam=0.6), {"spam": ["cheap"], "abuse": ["wait and see"]})
    assert "It may contain a threat or abuse (“wait and see”)." in reason


def test_words_are_masked_on_request():
    """Those of findings and those of rules."""
    table = DecisionTable(parse_policy(f"{POLICY}[[rules.blocked]]\nphrase = 'utter numpty'\ncategory = 'spam'\naction = 'hide'\n"), HEADS)
    decision = table.decide([0.0, 0.9, *[0.0] * 7], "an utter numpty")
    masked = describe_decision(decision, {"offensive_language": ["numpty"]}, mask=True)
    assert "“n.....”" in masked and "blocked phrase: u.... n....." in masked and "numpty" not in masked


@pytest.mark.parametrize(
    ("quoted", "masked"),
    [
        ("", ""),
        ("a", "a"),
        ("idiot", "i...."),
        ("f*cking idiots", "f...... i....."),
        ("m o r o n", "m . . . ."),
        ("07700 900123", "0.... 9....."),
        ("x\ny", "x\n."),
    ],
)
def test_mask(quoted, masked):
    """The first letter of each word, and dots."""
    assert mask_words(quoted) == masked


SAY = {"appeal": "write to team@example.org", "help_message": "Call 999."}


@pytest.mark.parametrize(("score", "done"), [(0.6, "We have hidden your comment"), (0.9, "We have removed your comment.")])
@pytest.mark.parametrize("key", list(CATEGORIES))
def test_the_author_is_told_clause_words_and_appeal(key, score, done):
    """What was done, which clause, which words, masked, and how to ask for a second look."""
    said = tell_author(decide(**{key: score}), {key: ["numpties"]}, **SAY)
    assert said.startswith(done) and f"“{CATEGORIES[key].clause}”" in said
    assert "numpties" not in said and ("“n.......”" in said) == (key not in ("spam", "off_topic"))
    assert said.endswith("If you think that this is a mistake, write to team@example.org.")


def test_whoever_may_be_in_danger_is_shown_to_help_and_nothing_else():
    """Whatever else the comment contains."""
    assert tell_author(decide(urgent_help=0.7, abuse=0.9), {"abuse": ["words"]}, **SAY) == "Call 999."
    assert tell_author(decide(urgent_help=0.7), {}, **SAY) == "Call 999."


def test_the_author_of_a_comment_in_order_is_told_nothing():
    """There is no reason to give."""
    assert tell_author(decide(), {}, **SAY) == "" == tell_author(decide(abuse=0.3), {}, **SAY)


def test_codes_are_documented_and_complete():
    """Every code that a decision can carry has a meaning, and stands in the documentation."""
    page = (ROOT / "docs" / "reasons.md").read_text(encoding="utf-8")
    for given in ({}, {"abuse": 0.9, "urgent_help": 0.9, NOT_ENGLISH: 0.9}, {"spam": 0.3}, {"spam": 0.6}):
        assert set(decide(**given).reason_codes) <= set(REASON_CODES)
    assert [code for code in REASON_CODES if f"`{code}`" not in page] == []
    assert decide(abuse=0.9, urgent_help=0.9).reason_codes == (
        "category.abuse", "action.remove", "review.urgent", "review.confirm", "review.protected_speech", "signpost.urgent_help"
    )  # fmt: skip


def test_a_guard_gives_all_three(shipped_guard):
    """The reason, masked or not, and what the author may be told."""
    policy = 'appeal = "write to pals@example.org"\n' + shipped_guard.policy_text
    decision = shipped_guard.with_policy(policy).moderate("You useless idiots")
    assert "“idiots”" in decision.reason or "idiots”" in decision.reason
    assert "idiots" not in decision.describe(mask=True) and "i....." in decision.describe(mask=True)
    assert "write to pals@example.org" in decision.reason_for_author and "idiots" not in decision.reason_for_author


def test_help_comes_from_the_policy_file(shipped_guard):
    """Its message and contact, if it has them."""
    policy = "version = 1\n[signposts.urgent_help]\nthreshold = 0.0\nmessage = 'Please ring {contact}.'\ncontact = '111'\n"
    assert shipped_guard.with_policy(policy).moderate("x").reason_for_author == "Please ring 111."


def test_a_rule_is_not_told_with_the_words_of_the_score(shipped_guard):
    """Where a phrase of the policy file decided alone, no word of the score is named as the reason."""
    policy = shipped_guard.policy_text + "\n[[rules.blocked]]\nphrase = 'blue mushrooms'\ncategory = 'spam'\naction = 'hide'\n"
    reason = shipped_guard.with_policy(policy).moderate("Thank you, nurses, for the blue mushrooms").reason
    assert "an advertisement or spam. Our policy" in reason and "blocked phrase: blue mushrooms" in reason
