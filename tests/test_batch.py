import numpy as np
import pandas as pd
import pytest

from social_guard.batch import DECISION_COLUMNS
from social_guard.exceptions import DataError


def test_frame_gets_new_columns_only_with_its_index(shipped_guard):
    """The index may be anything; rows that cannot be scored are marked, not dropped."""
    frame = pd.DataFrame({"text": ["Thanks", None, 3, "you idiot", np.nan, ""]}, index=list("abcabc"))
    scored = shipped_guard.score_frame(frame)
    assert scored.index.equals(frame.index)
    assert list(scored.columns[-7:]) == list(DECISION_COLUMNS)
    assert scored["error"].fillna("").tolist() == ["", "no text", "int, not text", "", "no text", ""]
    bad = scored[scored["error"].notna()]
    assert bad["action"].isna().all() and bad["needs_review"].all() and bad["score_spam"].isna().all()
    assert (bad["automatic"] == "none").all()
    assert scored["action"].iloc[[0, 3, 5]].notna().all()


def test_frame_and_moderate_agree(shipped_guard, own_comments):
    """A row of a frame gets the decision that one comment alone gets."""
    part = own_comments[:200]
    scored = shipped_guard.score_frame(part)
    for text, row in zip(part["text"], scored.itertuples(), strict=True):
        decision = shipped_guard.moderate(text)
        assert (row.action, row.automatic, row.needs_review) == (str(decision.action), str(decision.automatic), decision.needs_review)
        assert row.categories == ";".join(decision.categories) and row.signposts == ";".join(decision.signposts)
        assert row.score_spam == decision.scores["spam"]


def test_an_empty_frame_gives_the_columns(shipped_guard):
    """No rows, no error."""
    assert len(shipped_guard.score_frame(pd.DataFrame({"text": []}))) == 0


@pytest.mark.parametrize(
    ("frame", "text", "message"),
    [
        (pd.DataFrame({"comment": ["x"]}), "text", "no column 'text'; the columns are comment"),
        (pd.DataFrame({"text": ["x"], "action": ["y"]}), "text", "columns action exist already"),
    ],
)
def test_wrong_columns_are_named(shipped_guard, frame, text, message):
    """Errors say which columns there are and what to do."""
    with pytest.raises(DataError, match=message):
        shipped_guard.score_frame(frame, text)
