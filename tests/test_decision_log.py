import hashlib
import json
from datetime import UTC, datetime

import pandas as pd
import pytest

from social_guard.exceptions import DataError, LogError
from social_guard.policy.decide import Decision
from social_guard.policy.settings import Action
from social_guard.records.chain import read_chain, verify
from social_guard.records.decision_log import DecisionLog, read_decisions
from social_guard.records.keys import Key

KEY = Key(bytes(range(32)))
HIDE = Decision(Action.HIDE, Action.NONE, True, ("spam",), ("complaint",), ("near_threshold",), {"spam": 0.7654321, "abuse": 0.1})


def content(folder):
    return b"".join(path.read_bytes() for path in folder.glob("*.jsonl"))


def test_a_decision_is_a_line_without_the_text(tmp_path):
    """It holds what the decision holds, a keyed hash of the text, and the hashes of model and policy."""
    clock = lambda: datetime(2026, 3, 1, 9, 30, tzinfo=UTC)
    with DecisionLog(tmp_path, KEY, model="a1b2", policy_text="version = 1", clock=clock) as log:
        log.append("c1", "You id1ots", HIDE)
    entry = list(read_chain(tmp_path))[-1]
    assert entry == {
        "n": 2,
        "time": "2026-03-01T09:30:00.000000+00:00",
        "kind": "decision",
        "comment": "c1",
        "text": KEY.pseudonym("text", "You id1ots"),
        "model": "a1b2",
        "policy": hashlib.sha256(b"version = 1").hexdigest(),
        "scores": {"spam": 0.765432, "abuse": 0.1},
        "action": "hide",
        "automatic": "none",
        "needs_review": True,
        "reasons": ["near_threshold"],
        "categories": ["spam"],
        "signposts": ["complaint"],
    }
    assert b"id1ots" not in content(tmp_path) and KEY.secret.hex().encode() not in content(tmp_path)


def test_the_text_is_kept_when_asked_for(tmp_path):
    """As it is, whatever it holds."""
    with DecisionLog(tmp_path, KEY, keep_text=True) as log:
        log.append("c1", "line\u2028one\n\ud83d 🐷", HIDE)
    assert list(read_chain(tmp_path))[-1]["words"] == "line\u2028one\n\ud83d 🐷" and verify(tmp_path).ok


def test_a_frame_logs_what_one_by_one_would(tmp_path, shipped_guard, own_comments):
    """But for the reasons of a review, which a frame may lack; rows that could not be scored are logged as such."""
    comments = own_comments[["text"]].head(40).assign(id=range(40))
    clock = lambda: datetime(2026, 3, 1, tzinfo=UTC)
    made_by = {"model": shipped_guard.model_hash, "policy_text": shipped_guard.policy_text, "clock": clock}
    with DecisionLog(tmp_path / "one", KEY, **made_by) as log:
        for row in comments.itertuples():
            log.append(row.id, row.text, shipped_guard.moderate(row.text))
    with DecisionLog(tmp_path / "many", KEY, **made_by) as log:
        log.append_frame(comments.join(shipped_guard.score_frame(comments)))
        broken = pd.DataFrame({"id": ["x"], "text": [None]})
        log.append_frame(broken.join(shipped_guard.score_frame(broken)))
    one, many = (read_decisions(tmp_path / name) for name in ("one", "many"))
    assert one.drop(columns="reasons").equals(many[:-1].drop(columns="reasons").astype(one.drop(columns="reasons").dtypes))
    last = list(read_chain(tmp_path / "many"))[-1]
    assert (last["error"], last["reasons"], last["text"], last["action"], last["scores"]) == ("no text", ["unscored"], None, None, {})


def test_outcomes_are_later_lines(tmp_path):
    """The last counts, an appeal before a review; they may come before the decision, or without one."""
    with DecisionLog(tmp_path, KEY) as log:
        log.review("early", Action.REMOVE)
        for comment in ("early", "agreed", "appealed", "changed", "open"):
            log.append(comment, "text", HIDE)
        log.review("agreed", "hide")
        log.appeal("appealed", "none")
        log.review("appealed", "remove", ["abuse", "spam"])
        log.review("changed", "remove")
        log.review("changed", "hide", ["abuse", "spam", "abuse"])
        log.review("unknown", "hide")
    frame = read_decisions(tmp_path).set_index("comment")
    expected = {"early": "remove", "agreed": "hide", "appealed": "none", "changed": "hide", "open": "-"}
    assert expected == frame["outcome"].fillna("-").to_dict()
    assert frame.at["changed", "outcome_categories"] == ["abuse", "spam"]


def test_the_last_decision_on_a_comment_counts(tmp_path):
    """It may have been scored again."""
    with DecisionLog(tmp_path, KEY) as log:
        log.append("c1", "text", HIDE)
        log.append("c1", "text", Decision(Action.NONE, Action.NONE, False, (), ()))
    assert read_decisions(tmp_path)["action"].tolist() == ["none"]


def test_wrong_values_are_named_and_not_logged(tmp_path):
    """Nothing of a frame is written when one row is wrong."""
    frame = pd.DataFrame({"id": ["1", None], "text": "x", "action": "hide", "automatic": "hide", "needs_review": False})
    with DecisionLog(tmp_path, KEY) as log:
        for call, message in (
            (lambda: log.review("c", "delete"), "action has 'delete': allowed are none, hide"),
            (lambda: log.review("c", "hide", ["spm"]), "categories has 'spm'"),
            (lambda: log.append("", "x", HIDE), "comment is ''"),
            (lambda: log.append_frame(frame), "no column 'categories'"),
            (lambda: log.append_frame(frame.assign(categories="", signposts="", error=None)), "comment is None"),
        ):
            with pytest.raises(DataError, match=message):
                call()
        assert log.head.startswith("0:")


def test_an_altered_log_is_not_read(tmp_path):
    """Labels and figures come from a whole log only."""
    with DecisionLog(tmp_path, KEY) as log:
        log.append("c1", "text", HIDE)
    path = tmp_path / "000001.jsonl"
    path.write_text(path.read_text().replace('"hide"', '"none"'))
    with pytest.raises(LogError, match=r"000001.jsonl, line 2: altered"):
        read_decisions(tmp_path)


def test_every_line_is_json(tmp_path):
    """Any tool can read the log."""
    with DecisionLog(tmp_path, KEY) as log:
        log.append("c1", "text", HIDE)
        log.appeal("c1", "none")
    assert [json.loads(line)["kind"] for line in content(tmp_path).splitlines()] == ["segment", "decision", "appeal"]
