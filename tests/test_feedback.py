import pandas as pd
import pytest

from social_guard import labels_from_log, load_comments, precision_in_use
from social_guard.categories import CATEGORIES
from social_guard.exceptions import DataError
from social_guard.policy.decide import Decision
from social_guard.policy.settings import Action
from social_guard.records.decision_log import DecisionLog
from social_guard.records.keys import Key

KEY = Key(bytes(range(32)))


def decided(action, *categories):
    return Decision(Action[action.upper()], Action.NONE, True, categories, ())


@pytest.mark.parametrize(
    ("decision", "outcome", "found", "expected"),
    [
        (decided("hide", "spam"), "hide", None, {"spam": 1}),
        (decided("remove", "abuse", "spam"), "remove", None, {"abuse": 1, "spam": 1}),
        (decided("hide", "spam"), "none", None, dict.fromkeys(CATEGORIES, 0)),
        (decided("none"), "none", None, dict.fromkeys(CATEGORIES, 0)),
        (decided("hide", "spam"), "remove", None, {}),
        (decided("none"), "hide", None, {}),
        (decided("hide", "spam"), "remove", ["abuse"], dict.fromkeys(CATEGORIES, 0) | {"abuse": 1}),
        (decided("hide", "spam"), "none", ["spam"], dict.fromkeys(CATEGORIES, 0) | {"spam": 1}),
        (decided("hide", "spam"), "hide", [], dict.fromkeys(CATEGORIES, 0)),
    ],
)
def test_labels_of_an_outcome(tmp_path, decision, outcome, found, expected):
    """Only what people said is a label; what they left open is missing."""
    with DecisionLog(tmp_path, KEY) as log:
        log.append("1", "a comment", decision)
        log.append("2", "never looked at", decision)
        log.review("1", outcome, found)
    labels = labels_from_log(tmp_path, pd.DataFrame({"id": [1, 2], "text": ["a comment", "never looked at"]}))
    assert labels["text"].tolist() == ["a comment"] and labels["source"].tolist() == ["decision_log"]
    assert expected == labels[list(CATEGORIES)].iloc[0].dropna().to_dict()
    assert load_comments(labels, name="decision_log").equals(labels)


def test_comments_that_were_edited_or_are_gone_give_no_label(tmp_path):
    """With the key, the words must be those that were judged; without, the caller answers for that."""
    with DecisionLog(tmp_path, KEY) as log:
        for comment in ("same", "edited", "gone", "empty"):
            log.append(comment, "buy now", decided("hide", "spam"))
            log.review(comment, "hide")
    comments = pd.DataFrame({"comment": ["edited", "same", "empty"], "words": ["hello", "buy now", None]})
    columns = {"comment": "comment", "text": "words"}
    assert labels_from_log(tmp_path, comments, **columns)["text"].tolist() == ["buy now", "hello"]
    assert labels_from_log(tmp_path, comments, **columns, keys=[KEY])["text"].tolist() == ["buy now"]
    assert len(labels_from_log(tmp_path, comments, **columns, keys=[Key(bytes(range(1, 33)))])) == 0


def test_a_frame_of_comments_that_cannot_be_joined(tmp_path):
    """A missing column or an id that stands twice is named."""
    DecisionLog(tmp_path, KEY).close()
    with pytest.raises(DataError, match="no column 'id'; the columns are text"):
        labels_from_log(tmp_path, pd.DataFrame({"text": ["x"]}))
    with pytest.raises(DataError, match="'id' has '1' twice"):
        labels_from_log(tmp_path, pd.DataFrame({"text": ["x", "y"], "id": [1, "1"]}))
    assert len(labels_from_log(tmp_path, pd.DataFrame({"text": ["x"], "id": [1]}))) == 0


def test_precision_in_use(tmp_path):
    """Counted for the category that called for the action; the interval is the exact one of the binomial."""
    with DecisionLog(tmp_path, KEY) as log:
        for i in range(10):
            log.append(f"spam {i}", "x", decided("hide", "spam", "off_topic"))
            log.review(f"spam {i}", "hide" if i < 8 else "none")
        log.append("unseen", "x", decided("hide", "spam"))
        log.append("graver", "x", decided("remove", "abuse"))
        log.review("graver", "report", ["abuse"])
        log.append("milder", "x", decided("remove", "abuse"))
        log.review("milder", "hide", ["abuse"])
        log.append("nothing", "x", decided("none"))
        log.review("nothing", "hide", ["spam"])
    table = precision_in_use(tmp_path)
    assert table.index.tolist() == [("abuse", "remove"), ("all", "hide"), ("all", "remove"), ("spam", "hide")]
    assert table[["decided", "reviewed", "right"]].values.tolist() == [[2, 2, 2], [11, 10, 8], [2, 2, 1], [11, 10, 8]]
    spam = table.loc[("spam", "hide")]
    assert (spam["precision"], round(spam["low"], 4), round(spam["high"], 4)) == (0.8, 0.4439, 0.9748)
    assert (round(table.loc[("abuse", "remove"), "low"], 4), table.loc[("abuse", "remove"), "high"]) == (0.1581, 1.0)


def test_precision_of_what_nobody_looked_at(tmp_path):
    """It is not known; an empty log gives an empty table."""
    with DecisionLog(tmp_path, KEY) as log:
        assert len(precision_in_use(tmp_path)) == 0
        log.append("unseen", "x", decided("hide", "spam"))
    assert precision_in_use(tmp_path).loc[("spam", "hide"), ["precision", "low", "high"]].isna().all()
