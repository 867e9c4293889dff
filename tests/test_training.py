import os
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest

from social_guard import CommentClassifier, SocialGuard, train_guard
from social_guard.exceptions import DataError
from social_guard.files.data import load_comments
from social_guard.policy.reading import parse_policy
from social_guard.training import (
    DRILLED_WEIGHT,
    Recipe,
    gather_comments,
    page_weights,
    suspect_labels,
    thin_sources,
    vary_comments,
    write_policy,
)

SMALL = Recipe(max_words=2000, max_grams=2000, min_df=3, folds=2)


def test_same_input_gives_the_same_bytes(own_comments, tmp_path):
    """Two processes, whatever the order of their sets and however many jobs, write identical folders."""
    own_comments.to_parquet(tmp_path / "own.parquet")
    for name, seed, jobs in (("a", "1", 1), ("b", "2", 2)):
        code = (
            "from social_guard import train_guard; from social_guard.training import Recipe;"
            "recipe = Recipe(max_words=2000, max_grams=2000, min_df=3, folds=2);"
            f"train_guard('own.parquet', recipe=recipe, n_jobs={jobs}).save({name!r})"
        )
        environment = os.environ | {"PYTHONHASHSEED": seed}
        subprocess.run([sys.executable, "-c", code], cwd=tmp_path, env=environment, check=True)
    for path in (tmp_path / "a").iterdir():
        assert path.read_bytes() == (tmp_path / "b" / path.name).read_bytes()


def test_public_comments_teach_but_do_not_calibrate(own_comments, tmp_path):
    """Only open sources of a folder are used; the manifest names each with its licence."""
    public = own_comments.head(60)[["text", "spam"]].assign(text=lambda f: f["text"] + " indeed")
    public.to_parquet(tmp_path / "paradetox.parquet")
    public.to_parquet(tmp_path / "olid_offenseval2019.parquet")
    guard = train_guard(own_comments, corpora=tmp_path, recipe=SMALL)
    assert guard.manifest["sources"]["paradetox"] == {"comments": 60, "licence": "CC0 1.0"}
    assert "olid_offenseval2019" not in guard.manifest["sources"]


def test_a_head_with_few_labels_is_left_out(own_comments):
    """Better no score than one that rests on nothing."""
    few = own_comments.drop(columns=["spam"]).head(400)
    guard = train_guard(few, recipe=SMALL)
    assert "spam" not in guard.heads and "abuse" in guard.heads


def test_nothing_to_learn_from_is_said():
    """No labels, no model."""
    with pytest.raises(DataError, match="add labels"):
        train_guard(pd.DataFrame({"text": ["a", "b"]}))


def test_thinning_keeps_the_same_rows():
    """A source over the limit is cut to it, always the same way; others are left whole."""
    rows = load_comments(pd.DataFrame({"text": [f"text {'x' * i}" for i in range(60)], "source": ["a"] * 50 + ["b"] * 10}))
    kept = thin_sources(rows, 20)
    assert kept["source"].value_counts().to_dict() == {"a": 20, "b": 10}
    assert set(thin_sources(rows[::-1], 20)["text"]) == set(kept["text"])


def test_variations_share_the_weight_of_what_they_are_made_of(own_comments):
    """Behind the comments stand their variations, in the same fold; those with other groups take weight, and add none."""
    rows = gather_comments(own_comments, own_comments.head(300).assign(source="public", writer=""), SMALL)
    learnt, weight = vary_comments(rows, Recipe(padded_weight=0.0))
    assert len(learnt) == len(weight) > len(rows) and learnt["text"].tolist()[: len(rows)] == rows["text"].tolist()
    assert weight.sum() == pytest.approx(30 * rows["own"].sum() + (~rows["own"]).sum())
    padded, weight = vary_comments(rows, Recipe(swaps=0, padded_weight=2.0))
    assert set(weight[len(rows) :]) == {2.0} and set(padded["unit"]) <= set(rows["unit"])
    assert len(vary_comments(rows, Recipe(swaps=0, padded_weight=0.0))[0]) == len(rows)


def test_the_registry_says_how_much_a_source_counts(own_comments):
    """What stands in no registry counts once, our own as the recipe says."""
    public = own_comments.head(60).assign(source=["scamspot_instagram", "elsewhere"] * 30, writer="")
    rows = gather_comments(own_comments, public, SMALL)
    weight = vary_comments(rows, Recipe(swaps=0, padded_weight=0.0))[1]
    counts = {source: set(weight[rows["source"] == source]) for source in ("scamspot_instagram", "elsewhere")}
    assert counts == {"scamspot_instagram": {10.0}, "elsewhere": {1.0}} and set(weight[rows["own"]]) == {30.0}


def test_writers_of_one_category_hardly_calibrate(own_comments):
    """Nor do public comments at all."""
    rows = gather_comments(own_comments, own_comments.head(5).assign(writer=""), SMALL)
    weights = page_weights(rows.assign(hate_speech=rows["hate_speech"].mask(rows["writer"] == "w02", 1)))
    assert set(weights[rows["writer"] == "w02"]) == {DRILLED_WEIGHT} and set(weights[rows["writer"] == "w03"]) == {1.0}
    assert set(weights[~rows["own"]]) == {0.0}


def test_a_trained_guard_behaves(small_guard: SocialGuard):
    """It finds plain cases and leaves thanks alone."""
    assert small_guard.moderate("You stupid idiots, you useless fucking morons").categories
    assert not small_guard.moderate("Thank you to everyone on the ward for looking after my mum").categories


def test_flipped_labels_are_suspect(own_comments):
    """Of advertisements and their like whose label is turned round, most stand among the first few that are suspected."""
    rows = own_comments.head(1500)
    turned = set(range(0, len(rows), 40))
    poisoned = rows.assign(spam=rows["spam"].mask(rows.index.isin(turned), 1 - rows["spam"]))
    classifier = CommentClassifier(min_df=3, folds=2, max_words=2000, max_grams=2000)
    suspects = suspect_labels(poisoned, classifier.fit(poisoned["text"], poisoned[["spam"]]))
    first = suspects.loc[suspects["head"] == "spam", "comment"].head(2 * len(turned))
    assert len(turned.intersection(first.tolist())) > 0.6 * len(turned)
    assert suspects["doubt"].is_monotonic_decreasing and set(suspects["label"]) <= {0, 1}


def test_thresholds_are_chosen_on_comments_as_a_page_would_hold_them(own_comments):
    """What a writer of one category does not reach changes no review threshold, unless nobody else wrote of that."""
    rows = gather_comments(own_comments, None, SMALL)
    rows = rows.assign(spam=rows["spam"].mask(rows["writer"] == "w02", 1))
    drilled = (rows["writer"] == "w02").to_numpy()
    scores = pd.DataFrame({"spam": np.where(rows["spam"] == 1, 0.9, 0.1), "urgent_help": 0.0})
    silent = scores.assign(spam=scores["spam"].mask(drilled, 0.0001))
    thresholds = [parse_policy(write_policy(rows, table, "m")).categories["spam"].review for table in (scores, silent)]
    assert thresholds[0] == thresholds[1] > 0.1
    alone = rows.assign(spam=rows["spam"].mask(~drilled, 0))
    assert parse_policy(write_policy(alone, silent, "m")).categories["spam"].review < 0.001


@pytest.mark.parametrize(("shares", "message"), [({"spma": 0.1}, "names 'spma', which is no category"), ({"spam": 30}, "the share of spam is 30; give a number")])
def test_a_share_that_is_none_is_refused(own_comments, shares, message):
    """Before the work, with what can be named."""
    with pytest.raises(DataError, match=message):
        train_guard(own_comments, prevalence=shares)
