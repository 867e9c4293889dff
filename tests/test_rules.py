import sys
from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from social_guard.categories import NOT_ENGLISH
from social_guard.exceptions import MissingExtraError, PolicyError
from social_guard.explaining.reasons import describe_decision
from social_guard.policy.decide import DecisionTable
from social_guard.policy.reading import parse_policy
from social_guard.policy.rules import Allowed, Details, RuleBook, Rules, Staff, has_expired, rule_warnings, words
from social_guard.policy.settings import Action

POLICY = """
version = 1
never_alone = ["hate_speech"]
[categories.spam]
hide = 0.5
remove = 0.8
[categories.harassment]
review = 0.2
hide = 0.6
[categories.hate_speech]
hide = 0.5
[signposts]
complaint = 0.5
[[rules.staff]]
name = "Dawn O'Sample"
[[rules.allowed]]
phrase = "Scunthorpe"
[[rules.blocked]]
phrase = "wonder cure 9000"
category = "spam"
action = "hide"
[[rules.blocked]]
phrase = "old news"
category = "spam"
action = "remove"
until = 2020-01-31
"""
HEADS = ("spam", "harassment", "hate_speech", "complaint", NOT_ENGLISH)
TABLE = DecisionTable(parse_policy(POLICY), HEADS)


def decide(text, table=TABLE, **given):
    return table.decide([given.get(head, 0.0) for head in HEADS], text)


@pytest.mark.parametrize(
    ("text", "given", "action", "codes"),
    [
        ("hello", {}, "none", ()),
        ("Dawn O'Sample helped me", {}, "none", ()),  # naming staff alone is welcome
        ("DAWN  o’sample’s fault", {"harassment": 0.2}, "none", ("staff_named", "near_threshold")),
        ("dawn o-sample again", {"harassment": 0.6}, "hide", ("staff_named",)),
        ("Dawn Osample again", {"harassment": 0.6}, "hide", ()),
        ("Dawn, O the samples", {"harassment": 0.6}, "hide", ()),  # whole words only
        ("Dawn O'Sample sells", {"spam": 0.5}, "hide", ()),  # another category
        ("to Scunthorpe", {}, "none", ()),
        ("to SCUNTHORPE!", {"spam": 0.8}, "remove", ("confirm", "allowed_phrase")),  # nothing is lowered
        ("to Scunthorpes", {"spam": 0.5}, "hide", ()),
        ("the Wönder-Cure 9000.", {}, "hide", ("blocked_phrase",)),
        ("wonder cure 9001", {}, "none", ()),  # figures count
        ("wonder cure 9000", {"spam": 0.8}, "remove", ("confirm", "blocked_phrase")),
        ("old news", {}, "none", ()),  # expired
        ("", {"hate_speech": 0.5}, "hide", ("confirm",)),  # a category that never acts alone
    ],
)
def test_rules_send_comments_to_a_person(text, given, action, codes):
    """Each kind of rule: where it applies, where it nearly does, and what it never does."""
    decision = decide(text, **given)
    assert (str(decision.action), decision.review_codes) == (action, codes)
    assert decision.automatic == (Action.NONE if codes else decision.action)


def test_the_rule_is_named_in_the_decision_and_its_reason():
    """A reader sees which line of the file it was."""
    decision = decide("wonder cure 9000 in Scunthorpe")
    assert set(decision.rules) == {"blocked phrase: wonder cure 9000", "allowed phrase: Scunthorpe"}
    assert decision.categories == ("spam",)
    assert "blocked phrase: wonder cure 9000" in describe_decision(decision, {})


def test_one_path_for_one_and_for_many():
    """A batch gives each comment the decision that it gets alone."""
    texts = ["hello", "Scunthorpe", "wonder cure 9000", "Scunthorpe", "dawn o'sample", "", "old news"] * 3
    scores = [[s, h, 0.0, 0.0, 0.0] for s in (0.0, 0.6, 0.9) for h in (0.0, 0.3, 0.7, 0.1, 0.2, 0.0, 0.9)]
    import numpy as np

    decisions, which = TABLE.decide_many(np.array(scores), texts)
    assert [decisions[w] for w in which] == [TABLE.decide(row, text) for row, text in zip(scores, texts, strict=True)]


DETAILS = """
version = 1
[categories.spam]
hide = 0.5
[public_contacts]
phones = ["020 7946 0000"]
[[rules.details]]
action = "remove"
kinds = ["nhs_number", "phone", "covert_filming"]
[[rules.details]]
kinds = ["phone"]
action = "report"
until = 2020-01-31
"""


@pytest.mark.parametrize(
    ("text", "given", "action", "categories", "rules"),
    [
        ("hello", {}, "none", (), ()),
        ("ring him on o77oo 900123", {}, "remove", ("privacy",), ("personal detail: phone",)),
        ("ring us on 020 7946 0000", {}, "none", (), ()),  # the organisation's own
        ("write to jo.bloggs@example.org", {}, "none", (), ()),  # a kind that is not listed
        ("buy, 07700 900123", {"spam": 0.5}, "remove", ("privacy", "spam"), ("personal detail: phone",)),
        ("NHS number 999 000 0018, mob 07700 900123", {}, "remove", ("privacy",), ("personal detail: nhs_number, phone",)),
        ("I secretly filmed the nurses", {}, "remove", ("privacy",), ("personal detail: covert_filming",)),
    ],
)
def test_personal_details_call_for_a_person(text, given, action, categories, rules):
    """Each kind that the file lists; software never acts on one alone."""
    decision = decide(text, DecisionTable(parse_policy(DETAILS), HEADS), **given)
    assert (str(decision.action), decision.categories, decision.rules) == (action, categories, rules)
    assert decision.automatic == Action.NONE
    assert decision.needs_review == bool(rules) and ("personal_detail" in decision.review_codes) == bool(rules)


def test_without_kinds_all_of_them_count():
    """And what is found is told by its kind, never as it stands."""
    (rule,) = RuleBook(Rules(details=(Details(),))).find("dob 3/5/51")
    assert rule.kinds == ("date_of_birth",) and rule.action == "remove"


def test_want_of_the_libraries_shows_when_the_policy_is_loaded(monkeypatch):
    """Not at the first number, in the middle of the night."""
    monkeypatch.setitem(sys.modules, "phonenumbers", None)
    with pytest.raises(MissingExtraError, match=r"need phonenumbers: pip install 'social_guard\[privacy\]'"):
        DecisionTable(parse_policy(DETAILS), HEADS)


@pytest.mark.parametrize(
    ("mode", "action", "automatic", "codes"),
    [("act", "hide", "none", ("blocked_phrase",)), ("observe", "hide", "none", ()), ("off", "none", "none", ())],
)
def test_modes_hold_for_rules_too(mode, action, automatic, codes):
    """A trial shows the action and asks nobody; off does nothing."""
    decision = decide("wonder cure 9000", DecisionTable(parse_policy(f"mode = '{mode}'\n{POLICY}"), HEADS))
    assert (str(decision.action), str(decision.automatic), decision.review_codes) == (action, automatic, codes)


@pytest.mark.parametrize(
    ("entry", "message"),
    [
        ("[[rules.staff]]\nname = '...'", r"rules.staff\[0\].name is '...': it must hold a letter"),
        ("[[rules.staff]]\nnam = 'x'", r"rules.staff\[0\]"),
        ("[[rules.allowed]]\nphrase = 5", r"rules.allowed\[0\].phrase is 5: Expected `str`"),
        ("[[rules.allowed]]\nphrase = 'x'\nuntil = 'soon'", r"rules.allowed\[0\].until is 'soon'"),
        ("[[rules.blocked]]\nphrase = 'see www.example.org'\ncategory = 'spam'\naction = 'hide'", "use words"),
        ("[[rules.blocked]]\nphrase = 'x'\ncategory = 'spm'\naction = 'hide'", r"rules.blocked\[0\].category is 'spm': allowed are"),
        ("[[rules.blocked]]\nphrase = 'x'\ncategory = 'spam'\naction = 'none'", r"rules.blocked\[0\].action is 'none': allowed are hide"),
        ("[[rules.details]]\nkinds = ['fone']", r"rules.details\[0\].kinds has 'fone': allowed are profile_link"),
        ("[[rules.details]]\nkinds = []", r"rules.details\[0\].kinds has ''"),
        ("[[rules.details]]\naction = 'none'", r"rules.details\[0\].action is 'none'"),
    ],
)
def test_a_bad_rule_is_named_with_its_place(entry, message):
    """File, place, value, and what is allowed."""
    with pytest.raises(PolicyError, match=message) as error:
        parse_policy(f"version = 1\n{entry}\n", "ours.toml")
    assert str(error.value).startswith("ours.toml: ")


def test_expiry_is_the_last_day():
    """A rule counts on its last day and is warned about from the next on."""
    today = date(2026, 3, 31)
    rules = Rules(staff=(Staff("Dawn", today), Staff("Asha", today - timedelta(days=1)), Staff("Bo")))
    assert [has_expired(rule, today) for rule in rules.staff] == [False, True, False]
    assert rule_warnings(rules, today) == ["rules.staff[1] ('Asha') expired after 2026-03-30 and is ignored"]


@settings(deadline=None)
@given(st.text(max_size=60), st.text(max_size=60), st.text(alphabet="abcdé' -", min_size=1, max_size=12))
def test_a_phrase_is_found_between_any_words(before, after, phrase):
    """Law: whatever stands around it, a phrase set apart by spaces is found."""
    if words(phrase):
        book = RuleBook(Rules(allowed=(Allowed(phrase),)))
        assert book.find(f"{before} \n {phrase} \n {after}") or "&" in before


def test_a_guard_applies_rules_to_one_comment_and_to_a_frame(shipped_guard):
    """The words of the comment reach the rules on both ways; a row that cannot be scored is left as it is."""
    import pandas as pd

    rule = '\n[[rules.blocked]]\nphrase = "wonder cure"\ncategory = "spam"\naction = "hide"\n'
    guard = shipped_guard.with_policy(shipped_guard.policy_text + rule)
    decision = guard.moderate("Did the wonder cure work for your mum?")
    assert decision.action >= Action.HIDE and "blocked_phrase" in decision.review_codes and "wonder cure" in decision.reason
    scored = guard.score_frame(pd.DataFrame({"text": ["Did the wonder cure work for your mum?", None, "Thank you all"]}))
    assert scored["action"].tolist()[0] == str(decision.action) and scored["needs_review"].tolist() == [True, True, False]
    assert scored["error"].tolist()[1] == "no text" and scored["action"].tolist()[2] == "none"
