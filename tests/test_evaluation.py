import json
from dataclasses import FrozenInstanceError

import numpy as np
import pandas as pd
import pytest

from social_guard import Evaluation, load_comments
from social_guard.categories import CATEGORIES
from social_guard.evaluation.evaluate import evaluate_comments
from social_guard.evaluation.judge import score_table
from social_guard.exceptions import DataError, OutputError
from tests.conftest import COMMENTS


@pytest.fixture(scope="module")
def comments():
    """Comments that the small guard was not trained on, every other one naming somebody."""
    own = load_comments(COMMENTS)
    part = own[own["spam"].notna()].iloc[2::15].reset_index(drop=True)
    return part.assign(identity=np.where(part.index % 2, "", np.where(part.index % 4, "women", "women;men")))


@pytest.fixture(scope="module")
def found(small_guard, comments) -> Evaluation:
    return small_guard.evaluate(comments, redraws=60, disguises=["case", "missing_vowel"])


def test_every_frame_is_there(found, small_guard):
    """One row a head, step, bin, source, group and disguise; each value lies in its interval or has none."""
    assert list(found.frames) == [
        "measures", "actions", "outcomes", "reliability", "by_source", "by_group", "by_disguise",
    ]  # fmt: skip
    assert list(found.measures.index) == [*small_guard.heads, "mean of categories"]
    assert ("abuse", "report") in found.actions.index and ("complaint", "shown") in found.actions.index
    assert set(found.outcomes.index) == {*CATEGORIES, "inoffensive", "inoffensive, no call for help", "fair criticism"}
    assert {"women", "men"} == set(found.by_group.index.get_level_values("group"))
    assert list(found.by_disguise.index) == ["plain", "case", "missing_vowel"]
    ranking = found.measures[["auc_low", "auc", "auc_high"]].to_numpy()
    assert (np.diff(ranking, axis=1) >= -0.02).all()


def test_measures_agree_with_the_short_form(found, small_guard, comments):
    """`evaluate_scores` without intervals."""
    from social_guard import evaluate_scores

    short = evaluate_scores(comments, score_table(small_guard, comments["text"]), small_guard.manifest["prevalence"])
    assert list(short.columns) == ["positives", "negatives", "average_precision", "auc", "brier", "ece"]
    long = found.measures.loc[short.index, short.columns].astype(float)
    pd.testing.assert_frame_equal(short.astype(float), long, check_names=False)


def test_the_mean_of_the_categories_is_their_mean(found):
    """Its interval is narrower than that of most of them, since they are redrawn together."""
    of_categories = found.measures.loc[list(CATEGORIES)]
    mean = found.measures.loc["mean of categories"]
    assert mean["average_precision"] == pytest.approx(of_categories["average_precision"].mean())
    width = of_categories["average_precision_high"] - of_categories["average_precision_low"]
    assert mean["average_precision_high"] - mean["average_precision_low"] < width.median()


def test_steps_are_counted_as_the_policy_decides(found, small_guard, comments):
    """What reaches a step reaches those below it; the counts are those of the scores."""
    actions = found.actions.loc["spam"]
    assert (np.diff(actions.loc[["review", "hide", "remove"], "recall"]) <= 0).all()
    reached = score_table(small_guard, comments["text"])["spam"] >= small_guard.policy.categories["spam"].hide
    assert actions.loc["hide", "found"] == (reached & (comments["spam"] == 1)).sum()
    assert actions.loc["hide", "false"] == (reached & (comments["spam"] == 0)).sum()


def test_outcomes_are_those_of_the_guard(found, small_guard, comments):
    """The share of fair criticism that is hidden or goes to a person."""
    fair = comments[(comments[list(CATEGORIES)].sum(axis=1) == 0) & (comments["complaint"] == 1)]
    scored = small_guard.score_frame(fair[["text"]])
    row = found.outcomes.loc["fair criticism"]
    assert row["comments"] == len(fair)
    assert row["hidden"] == pytest.approx((scored["action"] != "none").mean())
    assert row["reviewed"] == pytest.approx(scored["needs_review"].mean())


def test_outcomes_count_what_rules_do(tiny_guard):
    """A phrase of the policy file hides in an evaluation what it hides in use."""
    frame = load_comments(pd.DataFrame({"text": ["blue mushrooms", "thank you"], "spam": [1, 0]}))
    rule = "\n[[rules.blocked]]\nphrase = 'blue mushrooms'\ncategory = 'spam'\naction = 'hide'\n"
    found = tiny_guard.with_policy(f"version = 1{rule}").evaluate(frame, redraws=0, disguises=())
    assert found.outcomes.loc[["spam", "inoffensive"], "hidden"].tolist() == [1.0, 0.0]


def test_capitals_hide_little(found):
    """Letters are folded, and capitals alone are marked; a lost vowel costs recall."""
    plain, case, vowel = (found.by_disguise.loc[kind] for kind in ("plain", "case", "missing_vowel"))
    assert plain["kept"] == 1.0 and 0.9 <= case["kept"] <= 1.0 and vowel["kept"] < 1.0


def test_writers_are_redrawn_where_there_are_ten(small_guard, comments):
    """Fewer say too little about other writers; then comments are redrawn."""
    comments, options = comments.drop(columns="identity"), {"redraws": 3, "disguises": ()}
    assert small_guard.evaluate(comments, **options).settings["unit"] == "writer"
    nine = comments[comments["writer"].isin(comments["writer"].unique()[:9])]
    assert small_guard.evaluate(nine, **options).settings["unit"] == "group"


def test_the_same_seed_gives_the_same_figures(small_guard, comments):
    """And given scores are judged like the guard's own."""
    some = comments.drop(columns="identity").head(200)
    first = evaluate_comments(small_guard, some, score_table(small_guard, some["text"]), redraws=9, seed=4)
    again, other = (small_guard.evaluate(some, disguises=(), redraws=9, seed=seed) for seed in (4, 5))
    assert first.to_dict() == again.to_dict()
    assert not other.measures.equals(first.measures)


def test_partly_labelled_comments_are_measured_where_they_are_labelled(small_guard):
    """A head without labels has no row, one with one answer no area; nothing known is an error."""
    frame = load_comments(pd.DataFrame({"text": ["Thanks", "Buy now", "idiots"], "spam": [0, 1, None], "abuse": [0, 0, 0]}))
    found = small_guard.evaluate(frame, redraws=5)
    assert list(found.measures.index) == ["abuse", "spam", "mean of categories"]
    assert np.isnan(found.measures.loc["abuse", "auc"]) and "fair criticism" not in found.outcomes.index
    with pytest.raises(DataError, match="no comment has a label"):
        small_guard.evaluate(frame[["text", "source", "writer", "group"]])


def test_no_redraws_no_intervals(small_guard, comments):
    """The measures stand alone."""
    found = small_guard.evaluate(comments.head(200), redraws=0, disguises=())
    assert found.measures["auc_low"].isna().all() and found.measures["auc"].notna().any()
    assert "(" not in found.to_markdown().split("\n| spam |")[1].split("\n")[0]


def test_reports(found, tmp_path):
    """Markdown, one HTML page, JSON without gaps in its grammar; nothing can be changed afterwards."""
    markdown, page = found.to_markdown(), found.to_html(tmp_path / "report.html")
    assert "## By disguise" in markdown and "| missing_vowel |" in markdown and "<svg" not in markdown
    assert page.count("<svg") == 1 and (tmp_path / "report.html").read_text(encoding="utf-8") == page
    assert "src=" not in page
    assert "<table>" in found._repr_html_() and "mean of categories" in str(found)
    assert json.loads(json.dumps(found.to_dict(), allow_nan=False))["measures"]["spam"]["positives"] > 0
    with pytest.raises(FrozenInstanceError):
        found.measures = None
    with pytest.raises(OutputError, match="nowhere"):
        found.to_html(tmp_path / "nowhere" / "report.html")
