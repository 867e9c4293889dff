import numpy as np
import pytest

from social_guard.categories import CATEGORIES, NOT_ENGLISH
from social_guard.exceptions import PolicyError
from social_guard.policy.decide import DecisionTable
from social_guard.policy.reading import load_policy, parse_policy
from social_guard.policy.settings import NEVER, Action

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
        ("version = 1\n[signposts]\nstory = 'x'", "signposts.story is 'x': Expected"),
        ("version = 1\n[signposts.story]\nsend_to = 'x'", "signposts.story: Object missing required field `threshold`"),
        ("version = 1\n[signposts.story]\nthreshold = 2", "signposts.story.threshold is 2: Expected `float` <= 1.0"),
        ("version = 1\n[signposts.story]\nthreshold = 0\nsendto = 'x'", "signposts.story: .* unknown field `sendto`"),
        ("version = 1\n[signposts.urgent_help]\nthreshold = 0\nanswer_due = false", "signposts.urgent_help.answer_due is False"),
        ("version = 1\n[clock]\nopens = 9", "clock.opens is 9: Expected `time`"),
        ("version = 1\n[clock]\nopens = '09:00:00Z'", "clock.opens is '09:00:00Z': Expected `time` with no timezone"),
        ("version = 1\n[clock]\nopens = 17:00:00", "clock.closes is 17:00:00: it must be later than opens"),
        ("version = 1\n[clock]\ndays = ['mon', 'Tue']", "clock.days has 'Tue': allowed are mon, tue"),
        ("version = 1\n[clock]\ndays = []", "clock.days is empty"),
        ("version = 1\n[clock]\nzone = 'Europe/Londinium'", "clock.zone is 'Europe/Londinium'"),
        ("version = 1\n[clock]\nzone = 'Europe'", "clock.zone is 'Europe'"),
        ("version = 1\n[clock]\ncountry = 'IE'", "clock.country is 'IE' and clock.subdivision 'ENG'"),
        ("version = 1\n[clock]\ncountry = 'UK of GB'", "clock.country is 'UK of GB'"),
        ("version = 1\n[clock]\nalso_closed = ['2026-12-24', 'soon']", r"clock.also_closed\[1\] is 'soon'"),
        ("version = 1\n[clock]\nworking_days = 0", "clock.working_days is 0: Expected `int` >= 1"),
        ("version = 1\n[public_contacts]\nphone = []", "public_contacts: Object contains unknown field `phone`"),
        ("version = 1\n[public_contacts]\nphones = '111'", "public_contacts.phones is '111': Expected `array`"),
        ("version = 1\n[public_contacts]\nphones = ['111']", "public_contacts.phones has '111': expected a whole number"),
        ("version = 1\n[public_contacts]\npostcodes = ['W2']", "public_contacts.postcodes has 'W2': expected a whole postcode"),
        ("version = 1\n[history]\nwindow = 90", "history: Object contains unknown field `window`"),
        ("version = 1\n[history]\nwindow_days = 0", "history.window_days is 0: Expected `int` >= 1"),
        ("version = 1\n[history]\nwindow_days = 336", "history.forget_after_days is 365: it must be at least 366"),
        ("version = 1\n[history]\nwarn = 0", "history.warn is 0: Expected `float` > 0.0"),
        ("version = 1\n[history]\nwarn = 6.5", r"history.block is 6.0: it must be at least warn \(6.5\)"),
        ("version = 1\n[history.points]\nhide = -1", "history.points.hide is -1: Expected `float` >= 0.0"),
        ("version = 1\n[history.points]\nhyde = 1", "history.points.hyde is not a known name: allowed are hide, remove"),
    ],
)
def test_a_bad_value_is_named_with_its_path(text, message):
    """The error says where, what was given, and what is allowed."""
    with pytest.raises(PolicyError, match=message):
        parse_policy(text)


def test_a_signpost_is_a_number_or_a_section():
    """The threshold alone, or with where it leads; one that is not named is never shown."""
    policy = parse_policy("version = 1\n[signposts]\nstory = 0.25\n[signposts.complaint]\nthreshold = 0.5\nsend_to = 'PALS'")
    assert [policy.signpost_threshold(key) for key in ("story", "complaint", "enquiry")] == [0.25, 0.5, NEVER]
    table = DecisionTable(policy, ("story", "complaint", "enquiry"))
    assert table.decide((0.25, 0.4999, 1.0)).signposts == ("story",)
    assert table.decide((0.2499, 0.5, 1.0)).signposts == ("complaint",)


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


def test_a_breach_weighs_as_much_as_its_gravest_category():
    """A category's own points take the place of its action's; actions that are not named keep theirs."""
    rules = parse_policy("version = 1\n[history]\nwindow_days = 335\nwarn = 6\n[history.points]\nremove = 3\noff_topic = 0.5").history
    expected = {("hide", ()): 1, ("remove", ()): 3, ("report", ("abuse",)): 4, ("hide", ("off_topic",)): 0.5, ("hide", ("off_topic", "spam")): 1}
    assert expected == {breach: rules.weight(*breach) for breach in expected}
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
