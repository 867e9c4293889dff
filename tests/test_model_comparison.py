from dataclasses import replace

import pandas as pd
import pytest
from click.testing import CliRunner

from social_guard import SocialGuard
from social_guard.cli.main import cli
from social_guard.exceptions import DataError
from social_guard.model_comparison import compare_models, train_without
from social_guard.training import Recipe, train_guard

COMMENTS = pd.DataFrame({"said": ["Thank you all", "You idiots", None, "What a numpty"]}, index=[3, 5, 7, 9])


@pytest.fixture(scope="module")
def milder(shipped_guard):
    """The shipped model with a lower intercept for offensive language."""
    model = shipped_guard._model
    intercepts = model.weights.intercepts.copy()
    intercepts[shipped_guard.heads.index("offensive_language")] -= 30
    return SocialGuard(replace(model, weights=replace(model.weights, intercepts=intercepts), manifest={}))


def test_a_model_agrees_with_itself(shipped_guard):
    """Nothing changes, and it is said so."""
    comparison = compare_models(shipped_guard, shipped_guard, COMMENTS, text="said")
    assert comparison.changes.empty and (comparison.scores["mean_change"] == 0).all()
    assert str(comparison) == "3 comments were compared. Every decision stays as it is."


def test_changes_are_told_with_their_cause(shipped_guard, milder):
    """Which comment, which head, from which score to which; rows without text are left out."""
    comparison = compare_models(shipped_guard, milder, COMMENTS, text="said")
    row = comparison.changes.loc[5]
    assert row["action_before"] != "none" and row["action_after"] == "none"
    assert row["head"] == "offensive_language" and row["score_before"] > row["score_after"]
    assert row["score_before"] == pytest.approx(shipped_guard.moderate("You idiots").scores["offensive_language"])
    assert row["why"] == "(intercept) -30.00"
    assert "2 (66.7%) would get another action, and 0 more" in str(comparison)
    assert "offensive language in 2" in str(comparison)


def test_what_a_model_cannot_see_is_told(shipped_guard):
    """A head that one of the models lacks has no score there, and is what a change is put down to, with its words."""
    rows = labelled("a", ["cheap", "kind"])
    spam_alone = train_guard(rows, recipe=Recipe(min_df=2, folds=2))
    row = compare_models(shipped_guard, spam_alone, ["kind, kind, you useless idiots"]).changes.iloc[0]
    assert (row["action_after"], row["head"]) == ("none", "offensive_language")
    assert row["score_before"] > 0.5 and pd.isna(row["score_after"]) and "idiots -" in row["why"]


def test_thresholds_alone_are_told_with_the_category_that_they_move(shipped_guard):
    """Where no score moves, a change is put down to a category whose threshold lies elsewhere; of several to the gravest."""
    text = "Buy cheap followers, you useless idiots"
    policies = ["version = 1", "version = 1\n[categories.spam]\nhide = 0.1"]
    policies.append(f"{policies[1]}\n[categories.offensive_language]\nhide = 0.1\n[categories.hate_speech]\nhide = 1e-6")
    guards = [shipped_guard.with_policy(policy) for policy in policies]
    rows = [compare_models(guards[0], guard, [text]).changes.iloc[0] for guard in guards[1:]]
    assert [(row["head"], row["why"]) for row in rows] == [("spam", ""), ("hate_speech", "")]


def test_rules_alone_are_told_without_a_head(shipped_guard):
    """Where the scores cross no other threshold, no head and no word is put forward."""
    policy = shipped_guard.policy_text + "\n[[rules.blocked]]\nphrase = 'blue mushrooms'\ncategory = 'spam'\naction = 'hide'\n"
    comparison = compare_models(shipped_guard, shipped_guard.with_policy(policy), ["Thank you for the blue mushrooms"])
    assert comparison.changes[["action_after", "head", "why"]].values.tolist() == [["hide", "", ""]]
    assert "Behind it" not in str(comparison)


def test_words_behind_a_change_point_its_way(shipped_guard, small_guard):
    """A score that falls is told with words that add less than before."""
    comparison = compare_models(shipped_guard, small_guard, ["You useless idiots", "Buy cheap followers at shop.example.com"])
    for row in comparison.changes.itertuples():
        signs = {part.rsplit(" ", 1)[1][0] for part in row.why.split(", ") if part}
        assert signs <= ({"+"} if row.score_after > row.score_before else {"-"})


@pytest.mark.parametrize(("comments", "message"), [("one text", "one text was given"), (COMMENTS, "no column 'text'; the columns are said")])
def test_other_input_is_refused(shipped_guard, comments, message):
    """One text is not many, and a column must be there."""
    with pytest.raises(DataError, match=message):
        compare_models(shipped_guard, shipped_guard, comments)


def test_the_command_compares_two_folders(shipped_guard, milder, tmp_path):
    """A summary on the screen, and the comments that change in a file."""
    shipped_guard.save(tmp_path / "a")
    milder.with_policy(shipped_guard.policy_text.replace(shipped_guard.policy.tuned_for, "")).save(tmp_path / "b")
    pd.concat([COMMENTS, pd.DataFrame({"said": ["n/a"]})]).to_csv(tmp_path / "comments.csv", index=False)
    command = ["compare", str(tmp_path / "a"), str(tmp_path / "b"), str(tmp_path / "comments.csv"), "--text", "said"]
    result = CliRunner().invoke(cli, [*command, "-o", str(tmp_path / "changes.csv")])
    assert result.exit_code == 0 and result.output.startswith("4 comments were compared.")
    changes = pd.read_csv(tmp_path / "changes.csv").set_index("row")
    assert changes.loc[1, "said"] == "You idiots" and changes.loc[1, "action_after"] == "none"


def labelled(source, words, n=24):
    texts = [f"{word} number{i}" for i in range(n) for word in words]
    return pd.DataFrame({"text": texts, "source": source, "spam": [int(word == words[0]) for _ in range(n) for word in words]})


def test_the_effect_of_a_source():
    """Trained without the source that calls "mushrooms" spam, the model does not know the word."""
    comments = pd.concat([labelled("usual", ["cheap", "kind"]), labelled("odd", ["mushrooms", "nurses"])], ignore_index=True)
    recipe = Recipe(min_df=2, folds=2)
    guard = train_without("odd", comments, recipe=recipe)
    scores = dict(zip(["cheap", "mushrooms"], guard.scores(["cheap", "mushrooms"])[:, 0], strict=True))
    assert scores["cheap"] > scores["mushrooms"]
    with pytest.raises(DataError, match="no comment is of the source 'none'; the sources are odd, usual"):
        train_without("none", comments, recipe=recipe)
