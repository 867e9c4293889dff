import pandas as pd
import pytest

from social_guard.exceptions import DataError
from social_guard.policy.compare import policy_changes, replay_policy
from social_guard.policy.reading import parse_policy

BASE = "version = 1\n[categories.spam]\nhide = 0.8\nremove = 0.95\n"


@pytest.mark.parametrize(
    ("new", "expected"),
    [
        (BASE, []),
        (BASE.replace("0.8\n", "0.71\n"), ["spam: hide from 0.71 instead of 0.8"]),
        (BASE.replace("remove = 0.95\n", ""), ["spam: never remove, instead of from 0.95"]),
        (BASE + "report = 0.99\n", ["spam: report from 0.99 instead of never"]),
        (BASE + "confirm = ['hide']\n", ["spam.confirm: hide instead of nothing"]),
        (BASE + "[signposts]\ncomplaint = 0.4\n", ["complaint: 0.4 instead of nothing"]),
        ("mode = 'observe'\n" + BASE, ["mode: observe instead of act"]),
        ("protected = []\n" + BASE, ["protected: none instead of complaint, urgent_help"]),
        (BASE + "[[rules.allowed]]\nphrase = 'Scunthorpe'\n", ["allowed: with phrase Scunthorpe"]),
    ],
)
def test_changes_in_plain_english(new, expected):
    """One sentence a change, nothing else."""
    assert policy_changes(parse_policy(BASE), parse_policy(new)) == expected


def test_a_rule_taken_out_is_told():
    """By what it said."""
    ruled = BASE + "[[rules.staff]]\nname = 'Dawn Sample'\nuntil = 2030-01-01\n"
    assert policy_changes(parse_policy(ruled), parse_policy(BASE)) == ["staff: without name Dawn Sample, until 2030-01-01"]


def test_replaying_the_policy_in_use_changes_nothing(shipped_guard, own_comments):
    """The decisions of a scored file come out again."""
    comments = own_comments[["text"]].head(600)
    scored = comments.join(shipped_guard.score_frame(comments))
    replay = replay_policy(scored, shipped_guard.policy)
    assert (replay.changes["before"] == replay.changes["after"]).all()
    assert replay.decisions["action"].tolist() == scored["action"].tolist()
    assert replay.changes["comments"].sum() == 600 and replay.unscored == 0


def test_replay_follows_the_new_file(shipped_guard, own_comments):
    """Another policy gives what scoring with it would have given, rules and protected speech included."""
    comments = own_comments[["text"]].head(600)
    scored = comments.join(shipped_guard.score_frame(comments))
    text = shipped_guard.policy_text + "\n[[rules.allowed]]\nphrase = 'the'\n"
    text = text.replace("never_alone = []", "never_alone = ['spam']").replace("not_english = 0", "not_english = 1  # 0")
    expected = shipped_guard.with_policy(text).score_frame(comments)
    found = replay_policy(scored, parse_policy(text)).decisions
    assert found["action"].tolist() == expected["action"].tolist()
    assert found["automatic"].tolist() == expected["automatic"].tolist()
    assert found["needs_review"].tolist() == expected["needs_review"].tolist()


def test_changes_are_counted_with_examples():
    """From the mildest to the gravest; rows without scores are left out."""
    scored = pd.DataFrame(
        {
            "id": list("abcdef"),
            "score_spam": [0.9, 0.85, 0.1, 0.99, 0.82, None],
            "action": ["none", "none", "none", "remove", "none", None],
            "signposts": ["", None, "complaint", "", "", ""],
        }
    )
    replay = replay_policy(scored, parse_policy(BASE))
    assert replay.changes.values.tolist() == [
        ["none", "none", 1, ""],
        ["none", "hide", 3, "a, b, e"],
        ["remove", "remove", 1, ""],
    ]
    assert replay.unscored == 1


@pytest.mark.parametrize(
    ("columns", "rules", "message"),
    [
        (["score_spam", "action"], "", "lack the columns signposts"),
        (["action", "signposts"], "", "lack the columns score_spam"),
        (["score_spam", "action", "signposts"], "[[rules.allowed]]\nphrase = 'x'\n", "lack the columns text"),
    ],
)
def test_a_file_that_was_not_scored_is_refused(columns, rules, message):
    """The error names the columns and the command that makes them."""
    with pytest.raises(DataError, match=message):
        replay_policy(pd.DataFrame(columns=columns), parse_policy(BASE + rules))
