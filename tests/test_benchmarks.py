"""The benchmarks run from end to end on a small model; their figures are of no interest here."""

import json
import random
import sys
from dataclasses import replace

import pandas as pd
import pytest

from social_guard import load_comments
from social_guard.categories import CATEGORIES
from social_guard.files import chunks, resume
from social_guard.model.scorer import to_probability
from social_guard.training import Recipe, build_guard, fit_rows, gather_comments
from tests.conftest import COMMENTS, ROOT

SMALL = Recipe(max_words=1000, max_grams=1000, min_df=4, folds=2)


@pytest.fixture(scope="module")
def benchmarks():
    """The folder of benchmarks, from which its scripts import one another."""
    sys.path.insert(0, str(ROOT / "benchmarks"))
    yield
    sys.path.remove(str(ROOT / "benchmarks"))


@pytest.fixture(scope="module")
def trained():
    """A small guard, what it was trained on, and its held-out scores."""
    own = load_comments(COMMENTS).iloc[::12]
    public = own.iloc[::5].assign(source="public", writer="", text=lambda frame: frame["text"] + " indeed")
    rows = gather_comments(own.reset_index(drop=True), public.reset_index(drop=True), SMALL)
    shares = {key: category.prevalence for key, category in CATEGORIES.items()}
    classifier = fit_rows(rows, SMALL, shares)
    held_out = pd.DataFrame(to_probability(classifier.held_out_log_odds_), columns=list(classifier.heads_), index=rows.index)
    return build_guard(classifier, rows, shares, SMALL), rows, held_out


def test_the_evaluation_is_written(benchmarks, trained, tmp_path):
    """A page, figures for other programs with the model's name in them, and a picture."""
    import evaluate

    frozen = load_comments(ROOT / "data" / "example" / "comments.csv").head(20)
    evaluate.write_report(*trained, frozen=frozen, folder=tmp_path, redraws=2, disguises=("case",))
    figures = json.loads((tmp_path / "evaluation.json").read_text(encoding="utf-8"))
    page = (tmp_path / "evaluation.md").read_text(encoding="utf-8")
    assert figures["model"] == trained[0].model_hash and figures["model"][:12] in page
    assert all(f"## {title}" in page for title in figures["figures"]) and len(figures["figures"]) == 6
    assert (tmp_path / "reliability.svg").read_text(encoding="utf-8").startswith("<svg")


def test_goals_are_those_of_the_shipped_model(benchmarks, shipped_guard):
    """Every row of the page but those on corpora is what the figures say; a worse figure misses its goal."""
    import goals

    folder = ROOT / "docs" / "figures"
    page = (folder / "goals.md").read_text(encoding="utf-8")
    figures = goals.read_figures(folder / "evaluation.json", shipped_guard, "make evaluate")["figures"]
    rows = list(goals.rows_of(figures))
    assert shipped_guard.model_hash[:12] in page and all(f"| {row.what} | {row.on} | {row.goal} | {row.measured} |" in page for row in rows)
    outcomes = figures["The frozen part"]["outcomes"]
    worse = {"inoffensive comments given any action", "harmful comments acted on or reviewed, lowest category"}
    assert not worse & {row.what for row in rows if not row.met}
    outcomes["inoffensive"]["hidden"], outcomes["spam"]["touched"] = 0.021, 0.84
    assert {row.what for row in goals.rows_of(figures) if not row.met} - {row.what for row in rows if not row.met} == worse


def test_a_source_is_judged_at_its_own_share(benchmarks):
    """A score of 0.3 where three in a hundred are spam says spam where half are."""
    import evaluate

    rows = pd.DataFrame({"spam": [1, 1, 0, 0], "source": "a"})
    found = evaluate.half_of_source(rows, pd.DataFrame({"spam": [0.3, 0.9, 0.3, 0.01]}), "a", "spam")
    assert found == {"f1": pytest.approx(0.8), "accuracy": 0.75}


def test_the_strongest_sentence_is_found(benchmarks):
    """Of each comment that has several; one sentence alone is the comment."""
    import numpy as np
    import sentences

    assert sentences.sentences("Thank you all so much. You utter pig, sir!\nBye") == ["Thank you all so much.", "You utter pig, sir!"]
    assert sentences.sentences("Thank you all so much. Bye") == []
    assert sentences.strongest(np.array([1.0, 3.0, 2.0]), np.array([0, 0, 2]), 3).tolist() == [3.0, -np.inf, 2.0]


def test_similarity_finds_copies(benchmarks, trained):
    """A training comment in capitals is its own nearest; another text has none near."""
    import evaluate

    rows = trained[1]
    text = rows.loc[rows["own"], "text"].iloc[3]
    found = evaluate.similarity(pd.Series([text.upper(), "zzyzx qwrtp"]), rows).iloc[0]
    assert (found["comments"], found["share over 0.8"], found["equal texts"]) == (2, 0.5, 1)
    assert found["mean"] < 0.7


def test_the_learning_curve_is_written(benchmarks, trained, tmp_path, monkeypatch):
    """With the public comments and without, each share of our own; a smaller draw is part of a greater one."""
    import learning_curve

    rows = trained[1]
    monkeypatch.setattr(learning_curve, "SHARES", (0.5, 1.0))
    monkeypatch.setattr(learning_curve, "DRAWS", 1)
    curve = learning_curve.learning_curve(rows, SMALL, folds=2, jobs=1)
    assert curve[["corpora", "share", "draw"]].to_numpy().tolist() == [
        [False, 0.5, 0], [False, 1.0, 0], [True, 0.5, 0], [True, 1.0, 0],
    ]  # fmt: skip
    assert curve["map"].between(0, 1).all() and curve["comments"][1] == curve["comments"][3] > curve["comments"][0]
    half, quarter = (learning_curve.draw_comments(rows, share, 1) for share in (0.5, 0.25))
    assert not (quarter & ~half).any() and 0.4 < half[rows["own"]].mean() < 0.6
    learning_curve.write_curve(curve, tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == {"learning-curve.md", "learning-curve.svg"}


def test_the_worth_of_posts_is_written(benchmarks, trained):
    """Comments with a post and without; where none is given to either model, little changes."""
    import context

    page = context.report(trained[1].drop(columns=["spam", "hate_speech"]), SMALL)
    tables = [section.splitlines() for section in page.split("\n\n") if section.startswith("| category")]
    assert [table[0] for table in tables] == ["| category | positives | no posts | not given | given | gain | gain_low | gain_high |"] * 2
    with_post, without = ({row.split(" | ")[0][2:]: row.split(" | ") for row in table[2:]} for table in tables)
    assert set(with_post) == set(without) == {*CATEGORIES, "mean"} - {"spam", "hate_speech"}
    assert all(row[3] == row[4] for row in without.values()) and any(row[3] != row[4] for row in with_post.values())


def test_the_worth_of_varied_comments_is_measured(benchmarks, trained, monkeypatch):
    """Shares between 0 and 1 for a form that varies comments and for one with another length norm."""
    import variations
    from joblib import Parallel

    monkeypatch.setattr(variations, "EACH", 20)
    forms = variations.Variant("varied", SMALL), variations.Variant("not", replace(SMALL, swaps=0, padded_weight=0.0), 0.5, 0.25)
    rows = [variations.measure(form, trained[1], Parallel(n_jobs=1)) for form in forms]
    assert [row["variant"] for row in rows] == ["varied", "not"] and set(rows[0]) == {"variant", "own", *CATEGORIES, "gap", "padded"}
    assert all(0 <= value <= 1 for row in rows for key, value in row.items() if key != "variant") and rows[0]["own"] != rows[1]["own"]


def test_kills_lose_nothing(benchmarks, tiny_guard, monkeypatch):
    """A few of each kind here; the benchmark kills hundreds."""
    import kills

    monkeypatch.setattr(chunks, "BLOCK", 40)
    monkeypatch.setattr(resume, "INTERVAL", 0.0)
    for row in kills.rows(tiny_guard, 4):
        assert row["kills"] == 4 and (row["lost"], row["half-written"]) == (0, 0), row


def test_kills_find_what_is_half_written(benchmarks, tiny_guard, tmp_path):
    """The counts are not zero by themselves."""
    import kills

    for kind, name, harm in ((kills.Page, "page.html", b"[1, 1"), (kills.PolicyFile, "policy.toml", b"version = "), (kills.Scored, "out.csv", b"t")):
        stage = kills.Stage(tmp_path, tiny_guard, [0, 0])
        kind().prepare(stage)
        kind().write(stage, 1)
        assert kind().check(stage, 1) == (0, 0)
        (tmp_path / name).write_bytes(harm)
        assert kind().check(stage, 1) != (0, 0)


def test_edits_of_attacks_change_words_and_nothing_else(benchmarks):
    """The same each time; links and names of users stay; only the chosen words change."""
    from attack_edits import COMMENT_EDITS, WORD_EDITS, edit_words

    text = "You silly numpties, see www.example.org @ward_sister"
    for name, edit in WORD_EDITS.items():
        every, one = edit_words(text, edit), edit_words(text, edit, {"numpties"})
        assert every == edit_words(text, edit) != text, name
        assert "www.example.org @ward_sister" in every and one.startswith("You silly ") and "numpties" not in one, name
    assert all(change(text, random.Random(0)) for change in COMMENT_EDITS.values())
    assert WORD_EDITS["masked"]("idiot", random.Random(0)) == "i***t"
    assert [WORD_EDITS["two_masked"](word, random.Random(0)) for word in ("fox", "duck")] == ["f*x", "d**k"]


def test_the_greedy_search_finds_the_word_that_counts(benchmarks, shipped_guard):
    """A lone insult is hidden by one word; what cannot be hidden has no price."""
    import attacks
    import numpy as np

    target = attacks.Target(lambda texts: np.array([[0.9 if "numpty" in text else 0.1] for text in texts]), np.array([0.5]), np.array([0.8]))
    never = attacks.Target(lambda texts: np.full((len(texts), 1), 0.9), np.array([0.5]), np.array([0.8]))
    yes = np.array([[True]])
    assert attacks.search_frame(target, ["what a numpty you are"], yes)["within 1 edits"] == 1
    assert attacks.search_frame(never, ["what a numpty you are"], yes)["within 6 edits"] == 0
    assert attacks.counting_words(target, ["a numpty there"], yes)[0] >= {"numpty"}


def test_advantage_of_a_thief(benchmarks):
    """None where both sides are alike, near all where losses tell."""
    import numpy as np
    import training_privacy

    dice = np.random.default_rng(0)
    alike, apart = training_privacy.advantage(dice.random(400), dice.random(400)), training_privacy.advantage(dice.random(400), 1 + dice.random(400))
    assert abs(alike[0]) < 0.1 and apart[0] > 0.95


def test_training_is_compared_on_equal_terms(benchmarks, trained, monkeypatch):
    """Both plain ways learn the same from the same comments, so they rank alike; ours is judged on the same heads."""
    import training

    monkeypatch.setattr(training, "RECIPE", SMALL)
    rows, keys = trained[1].iloc[::2].reset_index(drop=True), ["abuse", "spam"]
    rows = rows[rows["abuse"].notna() & rows["spam"].notna()].reset_index(drop=True)
    rows = rows[["text", "source", "writer", "own", "unit", "post", *keys]]
    areas = [training.measure("side", rows, rows, training.features_once, solver)["mean AUC"] for solver in training.SOLVERS]
    areas += [training.measure("side", rows, rows, fit, how)["mean AUC"] for fit, how in ((training.pipeline_a_head, "lbfgs"), (training.ours, 1))]
    assert areas[2] == pytest.approx(areas[0], abs=1e-3) and all(0.8 < area <= 1 for area in areas)


def test_training_learns_from_nothing_that_it_is_judged_on(benchmarks, monkeypatch, capsys):
    """A share that reaches into what is held out is refused."""
    import training

    monkeypatch.setattr(sys, "argv", ["training.py", "--share", "0.91"])
    with pytest.raises(SystemExit):
        training.parse_options()
    assert "--share 0.9 at the most" in capsys.readouterr().err


def test_the_goal_of_training_is_told_plainly(benchmarks):
    """Met by a tenth of the time and a mean AUC 0.002 lower, missed by a little more of either; a worse solver is not the quicker."""
    import training

    def row(seconds, area):
        return {"side": "plain", "comments": 1000, "processor seconds": seconds, "mean AUC": area}

    assert training.verdict(row(100, 0.8), row(10, 0.7985)).endswith("1/10.00 of its processor time, and its mean AUC is 0.0015 lower. Goal met.")
    assert training.verdict(row(99, 0.8), row(10, 0.9)).endswith("missed.") and training.verdict(row(100, 0.8), row(10, 0.79)).endswith("missed.")
    assert training.quicker({"a": row(1, 0.79), "b": row(3, 0.8), "c": row(2, 0.799)}) == "c"


def test_scores_equal_those_of_scikit_learn(benchmarks):
    """Our own comments, words mixed anew, all of Unicode, strange shapes, empty, one character, 100,000 characters."""
    import equality

    found = {kind: equality.difference(kind, 0, 60) for kind in equality.KINDS}
    assert found | {"long": equality.long_difference(count=3)} == {name: pytest.approx(0, abs=equality.MOST) for name in [*found, "long"]}


def test_a_page_of_figures_names_the_machine(benchmarks, tmp_path, monkeypatch):
    """And how busy it was, since a time means little without."""
    import timing

    monkeypatch.setattr(timing, "FIGURES", tmp_path)
    timing.write_page("page.md", "# Title", "text")
    assert "programs wanted the" in (tmp_path / "page.md").read_text(encoding="utf-8")
