import numpy as np
import pandas as pd

from social_guard.evaluation.bootstrap import Redraws
from social_guard.evaluation.outcomes import comment_kinds, decide, disguise_frame, outcomes_frame
from social_guard.policy.reading import parse_policy

POLICY = parse_policy(
    "version = 1\n[categories.spam]\nreview = 0.2\nhide = 0.4\nremove = 0.6\n[categories.abuse]\nreport = 0.5\n[signposts]\nurgent_help = 0.5"
)
SCORES = pd.DataFrame(
    {"spam": [0.1, 0.2, 0.4, 0.6, 0.0, 0.0], "abuse": [0.0, 0.0, 0.0, 0.0, 0.5, 0.0], "urgent_help": [0.0] * 5 + [0.5]}
)


def test_decisions_are_counted():
    """Each action includes those below it; remove and report wait for a person, and urgent help brings one."""
    decided = decide(POLICY, SCORES, [""] * 6)
    assert decided["hidden"].tolist() == [False, False, True, True, True, False]
    assert decided["removed"].tolist() == [False, False, False, True, True, False]
    assert decided["reported"].tolist() == [False, False, False, False, True, False]
    assert decided["alone"].tolist() == [False, False, True, False, False, False]
    assert decided["reviewed"].tolist() == [False, True, False, True, True, True]
    assert decided["touched"].tolist() == [False, True, True, True, True, True]


def test_rules_act_on_the_words():
    """A phrase and a personal detail hide, and what a list tells from harm brings a person; the same scores without them do not."""
    policy = parse_policy(
        "version = 1\n[categories.spam]\nhide = 0.4\n[categories.harassment]\nreview = 0.4\nhide = 0.6\n"
        "[[rules.blocked]]\nphrase = 'blue mushrooms'\ncategory = 'spam'\naction = 'remove'\n"
        "[[rules.details]]\nkinds = ['phone']\naction = 'hide'\n"
        "[[rules.staff]]\nname = 'Dawn Sample'\n[[rules.allowed]]\nphrase = 'prize draw'"
    )
    texts = ["blue mushrooms", "Ring 07700 900123", "Dawn Sample again", "our prize draw", "thank you"]
    scores = pd.DataFrame({"spam": [0.0, 0.0, 0.0, 0.5, 0.0], "harassment": [0.0, 0.0, 0.7, 0.0, 0.0]})
    decided = decide(policy, scores, texts)
    assert decided["hidden"].tolist() == [True, True, True, True, False]
    assert decided["removed"].tolist() == [True, False, False, False, False]
    assert decided["reviewed"].tolist() == [True, True, True, True, False]
    assert not decided["alone"].any() and decide(policy, scores, [""] * 5)["alone"].tolist() == [False, False, True, True, False]


def test_fair_criticism_is_a_complaint_of_no_category():
    """A comment of which a category is unknown is not known to be inoffensive."""
    labels = pd.DataFrame({"spam": [0, 0, 1, None], "abuse": [0, 0, 0, 0], "complaint": [1, 0, 1, 1]}, dtype="Int8")
    kinds = {kind: chosen.tolist() for kind, chosen in comment_kinds(labels).items()}
    assert kinds["inoffensive"] == [True, True, False, False]
    assert kinds["fair criticism"] == [True, False, False, False]
    assert kinds["spam"] == [False, False, True, False]


def test_outcomes_are_shares_of_each_kind():
    """Kinds without a comment have no row."""
    labels = pd.DataFrame({"spam": [0, 0, 1, 1, 0, 0], "complaint": [1, 1, 0, 0, 0, 0]}, dtype="Int8")
    found = outcomes_frame(labels, decide(POLICY, SCORES, [""] * 6), Redraws.none(6))
    assert found["comments"].to_dict() == {"spam": 2, "inoffensive": 4, "fair criticism": 2}
    assert found.loc["spam", ["hidden", "removed", "reviewed"]].tolist() == [1.0, 0.5, 0.5]
    assert found.loc["fair criticism", ["hidden", "reviewed", "touched"]].tolist() == [0.0, 0.5, 0.5]


class Dotted:
    """A judge that knows one word, and takes every dot for spam."""

    heads = ("spam",)
    policy = parse_policy("version = 1\n[categories.spam]\nreview = 0.2\nhide = 0.6")
    model_hash = "0"

    @property
    def manifest(self):
        return {}

    def scores(self, texts):
        return np.array([[0.3 if "." in text else 0.7 if "casino" in text.lower() else 0.0] for text in texts])


def test_disguises_hide_and_give_alarm():
    """What was found and still is, and what was clean and now is not."""
    comments = pd.DataFrame({"text": ["casino", "bingo", "thanks", "no"], "spam": pd.array([1, 1, 0, 0], dtype="Int8")})
    found = disguise_frame(Dotted(), comments, ["dotted", "case", "full_width"])
    assert found.loc["plain"].tolist() == [0.5, 1.0, 0.5, 0.0, 0.0]
    assert found.loc["dotted"].tolist() == [1.0, 1.0, 0.0, 0.5, 0.0]
    assert found.loc["case"].tolist() == found.loc["plain"].tolist()
    assert found.loc["full_width"].tolist() == [0.0, 0.0, 0.0, 0.0, 0.0]
    assert disguise_frame(Dotted(), comments, []).empty
