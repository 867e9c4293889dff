import numpy as np
import pytest

from social_guard.categories import CATEGORIES, NOT_ENGLISH
from social_guard.exceptions import PolicyError
from social_guard.policy import Action, DecisionTable, load_policy, parse_policy

POLICY = """
version = 1
confirm = ["remove", "report"]
not_english = 0.5
[categories.abuse]
review = 0.1
hide = 0.3
remove = 0.6
report = 0.9
[categories.spam]
hide = 0.5
remove = 0.8
confirm = []
[categories.off_topic]
remove = 0.7
[signposts]
complaint = 0.5
urgent_help = 0.2
"""
HEADS = ("abuse", "spam", "off_topic", "complaint", "urgent_help", NOT_ENGLISH)


@pytest.fixture
def table():
    return DecisionTable(parse_policy(POLICY), HEADS)


def probabilities(**given):
    return [given.get(head, 0.0) for head in HEADS]


@pytest.mark.parametrize(
    ("given", "action", "automatic", "codes"),
    [
        ({}, "none", "none", ()),
        ({"abuse": 0.0999}, "none", "none", ()),
        ({"abuse": 0.1}, "none", "none", ("near_threshold",)),
        ({"abuse": 0.2999}, "none", "none", ("near_threshold",)),
        ({"abuse": 0.3}, "hide", "hide", ()),
        ({"abuse": 0.6}, "remove", "none", ("confirm",)),
        ({"abuse": 0.9}, "report", "none", ("confirm",)),
        ({"abuse": 1.0}, "report", "none", ("confirm",)),
        ({"spam": 0.4999}, "none", "none", ()),
        ({"spam": 0.5}, "hide", "hide", ()),
        ({"spam": 0.8}, "remove", "remove", ()),  # this category's own `confirm` is empty
        ({"off_topic": 0.6999}, "none", "none", ()),
        ({"off_topic": 0.7}, "remove", "none", ("confirm",)),  # no hide threshold: straight to remove
        ({"abuse": 0.3, "spam": 0.8}, "remove", "remove", ()),
        ({"abuse": 0.2, "spam": 0.8}, "remove", "none", ("near_threshold",)),
        ({"complaint": 0.9}, "none", "none", ()),
        ({"urgent_help": 0.2}, "none", "none", ("urgent",)),
        ({"urgent_help": 0.2, "spam": 0.8}, "remove", "none", ("urgent", "protected_speech")),
        ({NOT_ENGLISH: 0.5, "spam": 0.8}, "remove", "none", ("not_english",)),
    ],
)
def test_decision_table(table, given, action, automatic, codes):
    """A score at its threshold counts; the most severe action wins; anything for a person stops the software."""
    decision = table.decide(probabilities(**given))
    assert (str(decision.action), str(decision.automatic), decision.review_codes) == (action, automatic, codes)
    assert decision.needs_review == bool(codes)


def test_categories_come_most_severe_first(table):
    """By action first, then by how grave the category is."""
    decision = table.decide(probabilities(abuse=0.3, spam=0.8, off_topic=0.7))
    assert decision.categories == ("spam", "off_topic", "abuse")


def test_urgent_help_never_changes_the_action(table):
    """It forces a person to look, whatever else the comment holds."""
    for spam in (0.0, 0.5, 0.8):
        with_help = table.decide(probabilities(spam=spam, urgent_help=1.0))
        assert with_help.action == table.decide(probabilities(spam=spam)).action
        assert with_help.needs_review and with_help.automatic == Action.NONE


def test_many_comments_get_the_decisions_of_one_at_a_time(table):
    """Deciding in a batch is deciding one by one."""
    scores = np.random.default_rng(0).uniform(size=(500, len(HEADS)))
    scores[:50] = np.round(scores[:50], 1)  # exactly at thresholds
    decisions, which = table.decide_many(scores)
    assert [decisions[w] for w in which] == [table.decide(row) for row in scores.tolist()]


def test_actions_are_ordered_and_named():
    """Each action includes those below it."""
    assert list(map(str, sorted(Action))) == ["none", "hide", "remove", "report"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "missing required field `version`"),
        ("version = 2", "version is 2: this release reads version 1"),
        ("version = 1\nfoo = 1", "unknown field `foo`"),
        ("version = ", "not valid TOML"),
        ("version = 1\nconfirm = ['delete']", "confirm has 'delete': allowed are hide, remove, report"),
        ("version = 1\n[categories.spam]\nhide = 1.5", r"categories.spam.hide is 1.5: Expected `float` <= 1.0"),
        ("version = 1\n[categories.spam]\nhide = 'x'", r"categories.spam.hide is 'x': Expected `float \| null`"),
        ("version = 1\n[categories.spam]\nhide = nan", r"categories.spam.hide is nan"),
        ("version = 1\n[categories.spam]\nhyde = 0.5", "categories.spam: Object contains unknown field `hyde`"),
        ("version = 1\n[categories.spm]\nhide = 0.5", "categories.spm is not a known name: allowed are abuse"),
        ("version = 1\n[categories.spam]\nhide = 0.5\nremove = 0.4", r"categories.spam.remove is 0.4: .* hide \(0.5\)"),
        ("version = 1\n[signposts]\ncomplaint = 2", "signposts.complaint is 2: Expected `float` <= 1.0"),
        ("version = 1\n[signposts]\nabuse = 0.2", "signposts.abuse is not a known name"),
    ],
)
def test_a_bad_value_is_named_with_its_path(text, message):
    """The error says where, what was given, and what is allowed."""
    with pytest.raises(PolicyError, match=message):
        parse_policy(text)


def test_a_missing_file_is_named(tmp_path):
    """So is a file that is not text."""
    with pytest.raises(PolicyError, match="nothing.toml"):
        load_policy(tmp_path / "nothing.toml")
    (tmp_path / "bytes.toml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(PolicyError, match="bytes.toml"):
        load_policy(tmp_path / "bytes.toml")


def test_the_shipped_policy_follows_the_clauses(shipped_guard):
    """Every category has thresholds, up to the gravest action that the policy foresees; remove and report wait."""
    policy = shipped_guard.policy
    assert set(policy.categories) == set(CATEGORIES)
    for key, rule in policy.categories.items():
        gravest = Action[CATEGORIES[key].gravest.upper()]
        given = [action for action in list(Action)[1:] if getattr(rule, str(action)) is not None]
        assert max(given) == gravest
        assert policy.confirmed(key) == {Action.REMOVE, Action.REPORT}
    assert policy.tuned_for == shipped_guard.model_hash


MODES = [
    ("act", {"spam": 0.8}, "remove", "remove", ()),
    ("act", {"spam": 0.8, "complaint": 0.4999}, "remove", "remove", ()),
    ("act", {"spam": 0.8, "complaint": 0.5}, "remove", "none", ("protected_speech",)),
    ("act", {"complaint": 0.5}, "none", "none", ()),  # speech to protect, and nothing to protect it from
    ("act", {"abuse": 0.1, "complaint": 0.5}, "none", "none", ("near_threshold",)),
    ("observe", {"spam": 0.8}, "remove", "none", ()),
    ("observe", {"abuse": 0.9, "complaint": 0.5, NOT_ENGLISH: 0.9}, "report", "none", ()),
    ("observe", {"spam": 0.8, "urgent_help": 0.2}, "remove", "none", ("urgent",)),
    ("off", {"abuse": 0.9, "spam": 0.8}, "none", "none", ()),
    ("off", {"abuse": 0.2, "urgent_help": 0.2}, "none", "none", ("urgent",)),
]


@pytest.mark.parametrize(("mode", "given", "action", "automatic", "codes"), MODES)
def test_modes_and_protected_speech(mode, given, action, automatic, codes):
    """A trial only shows; off does nothing; somebody who may need help is shown to a person in every mode."""
    decision = DecisionTable(parse_policy(f"mode = '{mode}'\n{POLICY}"), HEADS).decide(probabilities(**given))
    assert (str(decision.action), str(decision.automatic), decision.review_codes) == (action, automatic, codes)
    assert decision.needs_review == bool(codes) and "urgent_help" in decision.signposts or "urgent_help" not in given


def test_what_is_protected_is_configuration():
    """With an empty list, a complaint beside an action changes nothing."""
    table = DecisionTable(parse_policy(f"protected = []\n{POLICY}"), HEADS)
    assert table.decide(probabilities(spam=0.8, complaint=0.9)).automatic == Action.REMOVE


@pytest.mark.parametrize("action", [{"spam": 0.5}, {"spam": 0.8}, {"abuse": 0.3}])
def test_a_category_that_never_acts_alone(action):
    """Every action of it waits for a person, whatever `confirm` says."""
    table = DecisionTable(parse_policy(f"never_alone = ['spam', 'abuse']\n{POLICY}"), HEADS)
    decision = table.decide(probabilities(**action))
    assert decision.action > Action.NONE and decision.automatic == Action.NONE and decision.review_codes == ("confirm",)
