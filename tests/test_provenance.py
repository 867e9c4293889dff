from datetime import date

import pandas as pd
import pytest

from social_guard.exceptions import DataError
from social_guard.policy.rules import Blocked, Rules, rule_warnings
from social_guard.review.provenance import check_scored

FRESH = pd.DataFrame(
    {
        "score_spam": [0.25, 0.5, float("nan")],
        "action": ["none", "hide", None],
        "automatic": ["none", "hide", "none"],
        "needs_review": [False, False, True],
        "category": [None, "spam", None],
        "categories": ["", "spam", ""],
        "signposts": ["complaint", "", ""],
        "error": [None, None, "no text"],
    }
)


@pytest.mark.parametrize(
    "given",
    [
        FRESH,
        FRESH.assign(id=1),
        FRESH.assign(score_spam=["0.25", "0.5", None], needs_review=["FALSE", "False", "true"]),
        FRESH.assign(score_spam=[0.25 + 9e-10, 0.5, None]),
        FRESH.convert_dtypes(),
        FRESH.drop(columns="error"),
    ],
)
def test_the_same_scores_pass(given):
    """As text, as a spreadsheet rounds them, beside other columns."""
    check_scored(given, FRESH)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (FRESH.assign(score_spam=[0.25, 0.5 + 2e-9, None]), "not those of this model: in row 2 score_spam is 0.5"),
        (FRESH.assign(score_spam=[0.25, 0.5, 0.1]), "not those of this model: in row 3"),
        (FRESH.assign(score_spam=[None, 0.5, None]), "not those of this model: in row 1"),
        (FRESH.assign(action=["none", "remove", None]), "not those of this policy: in row 2 action is remove, .* gives hide"),
        (FRESH.assign(needs_review=[False, True, True]), "not those of this policy: in row 2 needs_review"),
        (FRESH.assign(signposts=["", "", ""]), "not those of this policy: in row 1 signposts"),
        (FRESH.drop(columns=["action", "score_spam"]), "no columns score_spam, action"),
    ],
)
def test_other_scores_or_actions_are_refused(given, message):
    """The first row that differs is named, and what to do."""
    with pytest.raises(DataError, match=message):
        check_scored(given, FRESH)


def test_a_rule_that_expired_since_is_named():
    """Yesterday's actions may have come from it; other scores cannot have."""
    expired = rule_warnings(Rules(blocked=(Blocked("wonder cure", "spam", "hide", date(2026, 3, 30)),)), date(2026, 3, 31))
    with pytest.raises(DataError, match=r"gives none; rules.blocked\[0\] \('wonder cure'\) expired after 2026-03-30 and is ignored; name"):
        check_scored(FRESH.assign(action=["hide", "hide", None]), FRESH, expired)
    with pytest.raises(DataError, match="gives 0.25; name the model that scored it, or score again$"):
        check_scored(FRESH.assign(score_spam=[0.3, 0.5, None]), FRESH, expired)
