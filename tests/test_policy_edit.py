import pytest

from social_guard.exceptions import PolicyError
from social_guard.files.persistence import default_folder
from social_guard.policy.edit import edit_policy, parse_value
from social_guard.policy.reading import parse_policy

SHIPPED = (default_folder() / "policy.toml").read_text(encoding="utf-8")


def test_only_the_value_changes():
    """Every other character of the shipped file stays, comments included."""
    edited = edit_policy(SHIPPED, {"off_topic.hide": 0.7234})
    changed = [(a, b) for a, b in zip(SHIPPED.splitlines(), edited.splitlines(), strict=True) if a != b]
    assert len(changed) == 1 and changed[0][1] == "hide = 0.7234"
    assert edit_policy(SHIPPED, {}) == SHIPPED


@pytest.mark.parametrize(
    ("path", "value", "found"),
    [
        ("spam.remove", None, lambda p: p.categories["spam"].remove is None),
        ("off_topic.remove", 0.99, lambda p: p.categories["off_topic"].remove == 0.99),
        ("complaint", 0.4, lambda p: p.signposts["complaint"] == 0.4),
        ("mode", "off", lambda p: p.mode == "off"),
        ("abuse.confirm", [], lambda p: p.categories["abuse"].confirm == ()),
        ("protected", ["story"], lambda p: p.protected == ("story",)),
    ],
)
def test_values_are_set_where_they_belong(path, value, found):
    """Short paths of categories and signposts, and settings of the whole file that it does not have yet."""
    assert found(parse_policy(edit_policy(SHIPPED, {path: value})))


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        ("spam.hide", 2, "f.toml: categories.spam.hide is 2"),
        ("spam", 0.5, "categories.spam is a section: name a value in it, e.g. categories.spam.review"),
        ("mode.x", 1, "mode is 'x'|mode"),
        ("version.x", 1, "version is a value, not a section"),
        ("mode", "loud", "mode has 'loud': allowed are act, observe, off"),
        ("protected", ["spam"], "protected has 'spam': allowed are clinical_question"),
        ("never_alone", ["complaint"], "never_alone has 'complaint': allowed are abuse"),
        ("spm.hide", 0.5, "unknown field `spm`"),
    ],
)
def test_what_is_not_allowed_is_refused(path, value, message):
    """The error names the file, the place and the value."""
    with pytest.raises(PolicyError, match=message):
        edit_policy(SHIPPED, {path: value}, name="f.toml")


def test_a_note_takes_the_place_of_the_comment():
    """Behind the value, on its line."""
    text = 'version = 1\n[categories.spam]\nhide = 0.5  # old\n'
    assert edit_policy(text, {"spam.hide": 0.6}, {"spam.hide": "new"}).endswith("hide = 0.6  # new\n")


@pytest.mark.parametrize(("value", "kept"), [(0.5, True), (0.6, False)])
def test_a_promise_does_not_outlive_its_threshold(value, kept):
    """The comment of `tune` goes when somebody changes the number."""
    text = "version = 1\n[categories.spam]\nhide = 0.5  # tuned: precision at least 0.8\n"
    assert ("tuned" in edit_policy(text, {"spam.hide": value})) == kept


@pytest.mark.parametrize(
    ("written", "value"), [("0.5", 0.5), ("1", 1), ("off", "off"), ('"off"', "off"), ('["hide"]', ["hide"]), ("never", None), ("a b", "a b")]
)
def test_values_as_written(written, value):
    """What is not TOML is text."""
    assert parse_value(written) == value
