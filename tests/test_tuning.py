import pickle
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binomtest
from sklearn.metrics import f1_score

from social_guard import SocialGuard, load_comments
from social_guard.exceptions import TuningError
from social_guard.policy.goals import Goal
from social_guard.policy.promise import FIRST_LABELS
from social_guard.policy.reading import parse_policy
from social_guard.policy.settings import LEVELS
from social_guard.policy.tuning import BUDGETS, threshold_for_f1, thresholds_within_budget, tune_policy
from tests.conftest import ROOT

SHARES = st.lists(st.floats(0, 1), min_size=1, max_size=300).map(np.array)


@given(SHARES)
def test_budgets_hold_and_thresholds_rise(others):
    """No step touches more than its share, a score at the threshold included; each step is at least the one below."""
    chosen = thresholds_within_budget(others)
    assert [chosen[level] for level in LEVELS] == sorted(chosen.values())
    for level in LEVELS:
        if chosen[level] < 1:
            assert (others >= chosen[level]).sum() <= BUDGETS[level] * len(others)


@pytest.mark.parametrize(("others", "report"), [([0.2, 0.9], 0.9001), ([0.0], 0.0001), ([1.0], 1.0), ([], 0.0001)])
def test_no_budget_means_above_every_other_comment(others, report):
    """The edge cases: nothing to compare with, and a comment that looks certain."""
    assert thresholds_within_budget(np.array(others))["report"] == report


@settings(deadline=None)
@given(st.lists(st.tuples(st.integers(0, 20), st.booleans()), min_size=2, max_size=60).filter(lambda rows: any(p for _, p in rows)))
def test_the_best_f1_is_found(rows):
    """No other threshold on the grid does better, ties in score included."""
    score = np.array([s / 20 for s, _ in rows])
    positive = np.array([p for _, p in rows])
    best = max(f1_score(positive, score >= t) for t in np.arange(21) / 20)
    assert f1_score(positive, score >= threshold_for_f1(score, positive)) == pytest.approx(best)


POLICY = """\
version = 1
confirm = ["remove"]
[categories.spam]  # adverts
review = 0.9
hide = 0.95  # by hand
remove = 0.96
[categories.abuse]
hide = 0.9
report = 0.95
"""


def frames(n=2000, known=1.0):
    """Scores that say much about spam and a little about abuse."""
    rng = np.random.default_rng(3)
    labels = pd.DataFrame({key: rng.random(n) < 0.3 for key in ("spam", "abuse")}).astype(float)
    shift = labels.mul([6.0, 1.5])
    scores = pd.DataFrame(1 / (1 + np.exp(3 - shift - rng.normal(0, 1, (n, 2)))), columns=labels.columns)
    return scores, labels.where(rng.random((n, 2)) < known)


def tuned(precision=None, **goal):
    shares = goal.pop("prevalence", {"spam": 0.3, "abuse": 0.3})
    return tune_policy(POLICY, *goal.pop("frames", frames()), Goal(precision=precision, prevalence=shares, **goal))


def rows(tuning):
    return tuning.report.set_index(["category", "step"])


def test_a_promise_is_proven_and_written_with_its_terms():
    """The file keeps its own comments, a new threshold says what it promises, and the review band ends below it."""
    tuning = tuned({"spam": {"hide": 0.8, "remove": 0.95}})
    policy, row = parse_policy(tuning.policy_text), rows(tuning).loc[("spam", "hide")]
    spam = policy.categories["spam"]
    assert spam.hide == row["threshold"] < 0.9 and spam.review == spam.hide <= spam.remove
    assert row["precision"] > row["precision_bound"] >= 0.8 and row["recall"] > 0.9 and row["before"] == 0.95
    assert "[categories.spam]  # adverts" in tuning.policy_text
    assert f"hide = {spam.hide}  # tuned: precision at least 0.8 where a share of 0.3 belongs, confidence 0.95" in tuning.policy_text
    assert policy.categories["abuse"] == parse_policy(POLICY).categories["abuse"]


def test_a_promise_that_is_not_proven_is_refused_with_the_labels_missing():
    """Every step concerned is named; nothing is dropped in silence."""
    with pytest.raises(TuningError, match="(?s)abuse.hide: .*abuse.report: ") as error:
        tuned({"hide": 0.9, "report": 0.999})
    assert "spam" not in str(error.value) and "unproven" in str(error.value)
    few = tuple(frame.head(60) for frame in frames())
    with pytest.raises(TuningError, match=r"spam.remove: precision 0.95 where a share of 0.3 belongs: .* do not prove it; about .* more"):
        tuned({"spam": {"remove": 0.95}}, frames=few)
    with pytest.raises(TuningError, match="0 comments labelled 1 and 0 labelled 0 do not prove it; about 20 more labelled 1"):
        tuned({"spam": {"hide": 0.8}}, frames=(frames()[0], frames()[1][["abuse"]]))


@pytest.mark.parametrize(("unproven", "hide"), [("drop", None), ("keep", 0.9)])
def test_an_unproven_step_is_dropped_or_kept_on_request(unproven, hide):
    """The report says so either way."""
    tuning = tuned({"hide": 0.95}, unproven=unproven)
    assert parse_policy(tuning.policy_text).categories["abuse"].hide == hide
    assert rows(tuning).loc[("abuse", "hide"), "basis"] == "unproven"
    assert rows(tuning).loc[("abuse", "report"), "basis"] == "kept"


def test_missing_labels_are_left_out():
    """They count neither as one nor as the other."""
    tuning = tuned({"spam": {"hide": 0.8}}, frames=frames(known=0.5))
    row = rows(tuning).loc[("spam", "hide")]
    assert row["positives"] + row["negatives"] == frames(known=0.5)[1]["spam"].notna().sum()


def test_joint_confidence_asks_for_more():
    """All promises together: no threshold is lower than alone."""
    alone, joint = (rows(tuned({"hide": 0.5, "remove": 0.9}, joint=joint)) for joint in (False, True))
    chosen = alone["basis"] == "promise"
    assert chosen.sum() == 3 and (joint["threshold"][chosen] >= alone["threshold"][chosen]).all()


def test_the_rarer_the_category_the_higher_the_threshold():
    """The same labels, another prevalence."""
    common, rare = (rows(tuned({"spam": {"hide": 0.9}}, prevalence={"spam": share})) for share in (0.3, 0.03))
    assert common.loc[("spam", "hide"), "threshold"] < rare.loc[("spam", "hide"), "threshold"]


def test_labels_drawn_at_random_tell_the_prevalence_themselves():
    """Comments as they came, or those above some score: the bound is that of Clopper and Pearson on what was reached."""
    scores, labels = frames()
    tuning = tune_policy(POLICY, scores, labels, Goal(precision={"spam": {"hide": 0.9}}, prevalence="as drawn"))
    row = rows(tuning).loc[("spam", "hide")]
    reached = labels["spam"][scores["spam"] >= row["threshold"]]
    exact = binomtest(int(reached.sum()), len(reached), 0.9, alternative="greater")
    assert exact.pvalue <= 0.05
    assert row["precision_bound"] == pytest.approx(exact.proportion_ci(0.95).low, abs=1e-9)
    known = tuned({"spam": {"hide": 0.9}}, prevalence=float(labels["spam"].mean()))
    assert row["threshold"] == pytest.approx(rows(known).loc[("spam", "hide"), "threshold"], abs=0.02)


def test_volumes_add_up():
    """What the steps touch in a week is what reaches the lowest one, and what waits is told."""
    tuning = rows(tuned({"spam": {"hide": 0.8, "remove": 0.95}}, comments_per_week=200)).loc["spam"]
    scores, labels = frames()
    reached = (scores["spam"] >= tuning.loc["review", "threshold"]).to_numpy()
    inside = labels["spam"].to_numpy() == 1
    assert tuning["per_week"].sum() == pytest.approx(200 * (0.3 * reached[inside].mean() + 0.7 * reached[~inside].mean()))
    assert tuning.loc["hide", "for_a_person"] == 0 and tuning.loc["remove", "for_a_person"] == tuning.loc["remove", "per_week"]


def test_costs_move_the_mildest_step():
    """Steps above it are never left below."""
    cheap, dear = (tuned(costs={"spam": {"miss": 1, "false_alarm": c}}) for c in (0.1, 50))
    low, high = (rows(tuning).loc["spam"] for tuning in (cheap, dear))
    assert low.loc["hide", "basis"] == "cost" and low.loc["hide", "threshold"] < high.loc["hide", "threshold"]
    assert high.loc["remove", "threshold"] >= high.loc["hide", "threshold"]
    assert rows(cheap).loc[("abuse", "hide"), "basis"] == "kept"


@pytest.mark.parametrize(
    ("goal", "message"),
    [
        ({"precision": {"hide": 1.0}}, "precision hide is 1.0: it must be between 0 and 1"),
        ({"precision": {"hyde": 0.8}}, "precision hyde is not a known name: allowed are hide, remove, report"),
        ({"precision": {"spm": {"hide": 0.8}}}, "precision spm.hide is not a known name"),
        ({"precision": {"privacy": {"hide": 0.8}}}, "privacy cannot be tuned"),
        ({"costs": {}}, "there is nothing to tune"),
        ({"costs": {"mis": 1}}, "costs mis is not a known name: allowed are miss, false_alarm"),
        ({"costs": {"miss": 0}}, "costs miss is 0: it must be above 0"),
        ({"precision": {"hide": 0.8}, "costs": {"miss": 1}}, "give one of them"),
        ({"confidence": 1.0}, "confidence is 1.0: it must be at least 0.75"),
        ({"unproven": "ignore"}, "unproven is 'ignore': allowed are raise, drop, keep"),
        ({"prevalence": {"spam": 0}}, "prevalence spam is 0"),
        ({"prevalence": 1.0}, "prevalence abuse is 1.0"),
        ({"prevalence": "drawn"}, "prevalence is 'drawn': it must be a share, shares by category, or 'as drawn'"),
    ],
)
def test_a_goal_that_makes_no_sense_is_refused(goal, message):
    """What was given, and what is allowed."""
    with pytest.raises(TuningError, match=message):
        tuned(**goal)


@pytest.fixture(scope="module")
def frozen():
    """Comments by writers whom the model has not seen."""
    return load_comments(ROOT / "data" / "frozen")


def test_a_guard_is_tuned_into_a_new_one(shipped_guard, frozen, tmp_path):
    """The old one stays as it is; the new one decides by its thresholds, and survives pickling and saving."""
    before = shipped_guard.policy_text
    guard = shipped_guard.tune(frozen.rename(columns={"text": "words"}), {"hide": 0.8}, prevalence={"spam": 0.1}, unproven="keep", text="words")
    assert shipped_guard.policy_text == before and shipped_guard.tuning is None
    threshold = guard.tuning.set_index(["category", "step"]).loc[("spam", "hide"), "threshold"]
    assert guard.policy.categories["spam"].hide == threshold != shipped_guard.policy.categories["spam"].hide
    assert guard.policy.tuned_for == guard.model_hash
    assert pickle.loads(pickle.dumps(guard)).tuning.equals(guard.tuning)
    assert SocialGuard.load(guard.save(tmp_path / "model")).policy == guard.policy


def test_the_prevalence_of_the_model_is_the_default(shipped_guard, frozen):
    """Where a category is rare, 2,000 labels do not prove a high precision, and the guard says so."""
    with pytest.raises(TuningError, match="abuse.report: precision 0.95 where a share of 0.005 belongs"):
        shipped_guard.tune(frozen)
    with pytest.raises(TuningError, match="abuse.report: precision 0.999 where a share of 0.3 belongs"):
        shipped_guard.tune(frozen, {"abuse": {"report": 0.999}}, prevalence=0.3)


@pytest.mark.parametrize(("reached", "expected"), [(0.5, 0.5001), (0.60007, 0.6001), (0.99995, 1.0)])
def test_a_threshold_lies_just_above_the_last_score_that_is_too_many(reached, expected):
    """Rounded up to four digits, so that no more than the budget are touched and no threshold is higher than it needs to be."""
    others = np.array([reached, *np.linspace(0, 0.4, 99)])
    assert thresholds_within_budget(others, dict.fromkeys(LEVELS, 0.0)) == dict.fromkeys(LEVELS, expected)
    assert thresholds_within_budget(others, dict.fromkeys(LEVELS, 0.02))["hide"] == np.floor(np.sort(others)[-3] * 1e4 + 1) / 1e4


def test_the_report_counts_the_labels_of_every_step():
    """Also where nothing can be said for want of labels of one kind."""
    scores, labels = frames(400)
    labels["abuse"] = 0.0
    row = rows(tuned({"abuse": {"hide": 0.9}}, frames=(scores, labels), unproven="drop")).loc[("abuse", "hide")]
    assert (row["positives"], row["negatives"], row["basis"]) == (0, 400, "unproven")
    assert row["needs"].endswith("; about 20 more labelled 1 would")
    none = rows(tuned({"abuse": {"hide": 0.9}}, frames=(scores, labels.drop(columns="abuse")), unproven="drop")).loc[("abuse", "hide")]
    assert none["needs"].endswith("; about 20 more labelled 1 and 20 more labelled 0 would")


def test_a_step_may_have_the_threshold_of_the_one_below():
    """The same promise for both: one threshold does for either."""
    spam = rows(tuned({"spam": {"hide": 0.9, "remove": 0.9}})).loc["spam"]
    assert spam.loc["hide", "threshold"] == spam.loc["remove", "threshold"]
    assert spam.loc["remove", "precision_bound"] == spam.loc["hide", "precision_bound"] >= 0.9


def test_a_step_that_the_file_lacks_is_not_invented():
    """Only steps that it has, or that are named for the category, are there."""
    found = rows(tuned({"spam": {"hide": 0.8}})).loc["spam"].index.tolist()
    assert found == ["review", "hide", "remove"]
    named = rows(tuned({"spam": {"report": 0.8}})).loc["spam"].index.tolist()
    assert named == ["review", "hide", "remove", "report"]


def test_the_file_says_for_whom_it_was_tuned_and_how():
    """The model's name, where there is one; whether promises hold together; and that a threshold is the cheapest."""
    scores, labels = frames()
    goal = Goal(precision={"spam": {"hide": 0.8}}, prevalence={"spam": 0.3}, joint=True)
    written = tune_policy(POLICY, scores, labels, goal, model="m1").policy_text
    assert parse_policy(written).tuned_for == "m1" and "confidence 0.95 for all\n" in written
    alone = tuned({"spam": {"hide": 0.8}}).policy_text
    assert parse_policy(alone).tuned_for == "" and "confidence 0.95\n" in alone
    assert "# tuned: the cheapest threshold on the labels given\n" in tuned(costs={"spam": {"miss": 1}}).policy_text


def test_costs_that_are_not_told_are_one():
    """Of a miss and of a false alarm alike."""

    def threshold(**costs):
        return rows(tuned(costs={"abuse": costs})).loc[("abuse", "hide"), "threshold"]

    assert threshold(miss=3) == threshold(miss=3, false_alarm=1) < threshold(miss=3, false_alarm=2)
    assert threshold(false_alarm=0.4) == threshold(miss=1, false_alarm=0.4) > threshold(miss=2, false_alarm=0.4)


def test_where_acting_costs_more_than_it_saves_nothing_is_done():
    """And it is said whether that is so, or whether labels are missing."""
    scores, labels = frames(200)
    dear = rows(tuned(costs={"spam": {"miss": 0.001, "false_alarm": 1e6}}, frames=(scores.assign(spam=0.5), labels), unproven="drop"))
    assert dear.loc[("spam", "hide"), ["basis", "needs"]].tolist() == ["unproven", "acting costs more than it saves"]
    for positives, basis in ((FIRST_LABELS, "cost"), (FIRST_LABELS - 1, "unproven")):
        labels = pd.DataFrame({"spam": np.arange(60) < positives, "abuse": 0.0}).astype(float)
        row = rows(tuned(costs={"spam": {"miss": 1}}, frames=(pd.DataFrame({"spam": labels["spam"] * 0.8 + 0.1, "abuse": 0.1}), labels), unproven="drop"))
        assert row.loc[("spam", "hide"), "basis"] == basis
        assert row.loc[("spam", "hide"), "needs"] == ("" if basis == "cost" else f"needs {FIRST_LABELS} labels of either kind")


def test_promises_together_share_the_error():
    """Each has its part of it; alone, the whole."""
    goal = Goal(precision={"hide": 0.8}, prevalence=0.3, confidence=0.9)
    assert goal.promise("spam", "hide", 4).error == pytest.approx(0.1)
    assert replace(goal, joint=True).promise("spam", "hide", 4).error == pytest.approx(0.025)
