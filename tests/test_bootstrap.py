import numpy as np
import pytest

from social_guard.evaluation.bootstrap import Redraws, draw, with_interval


def test_the_first_row_is_the_comments_as_they_are():
    """And every redraw draws as many units as there are."""
    drawn = draw(list("abcdefgh"), [0] * 8, redraws=50)
    assert drawn.counts[0].tolist() == [1] * 8
    assert set(drawn.counts.sum(axis=1)) == {8} and len(drawn) == 51


def test_a_seed_decides_and_another_decides_otherwise():
    """The same everywhere."""
    first, again, other = (draw(list("abcdefgh"), [0] * 8, redraws=5, seed=s).counts for s in (1, 1, 2))
    assert np.array_equal(first, again) and not np.array_equal(first, other)


def test_strata_keep_their_numbers():
    """A stratum with few units joins the other small ones."""
    drawn = draw([f"u{i:02}" for i in range(14)], [1] * 6 + [2] * 4 + [3] * 4, redraws=30)
    assert set(drawn.counts[:, :6].sum(axis=1)) == {6} and set(drawn.counts[:, 6:].sum(axis=1)) == {8}
    assert len(set(drawn.counts[:, 6:10].sum(axis=1))) > 1


def test_what_one_writer_wrote_is_drawn_together():
    """A unit stands in the smallest stratum of its comments."""
    drawn = draw(["ann", "bob", "ann", "bob"], [0, 5, 5, 0], redraws=20)
    weights = drawn.counts[:, drawn.unit]
    assert np.array_equal(weights[:, 0], weights[:, 2]) and np.array_equal(weights[:, 1], weights[:, 3])


def test_sums_are_those_of_the_comments_drawn():
    """Over all comments, over some, and over runs in any order."""
    random = np.random.default_rng(0)
    drawn = draw(random.integers(9, size=40).astype(str).tolist(), [0] * 40, redraws=7)
    weights, columns = drawn.counts[:, drawn.unit].astype(float), random.normal(size=(40, 3))
    assert drawn.sums(columns) == pytest.approx(weights @ columns)
    rows = np.array([3, 5, 8])
    assert drawn.among(rows).sums(columns[rows]) == pytest.approx(weights[:, rows] @ columns[rows])
    order = random.permutation(40)
    runs = drawn.sums_of_runs(order, np.array([0, 10, 25]))
    assert runs == pytest.approx(np.column_stack([weights[:, part].sum(axis=1) for part in np.split(order, [10, 25])]))


def test_an_interval_covers_the_truth_about_as_often_as_it_says():
    """A mean of 60 draws: 95 in 100 intervals, give or take."""
    random, hits = np.random.default_rng(3), 0
    for trial in range(200):
        values = random.normal(size=60)
        means = draw([f"{i:02}" for i in range(60)], [0] * 60, redraws=200, seed=trial).sums(values[:, None])[:, 0] / 60
        found = with_interval({"mean": means})
        hits += found["mean_low"] <= 0 <= found["mean_high"]
    assert 178 <= hits <= 199


def test_missing_redraws_are_left_out():
    """And without redraws there is no interval."""
    found = with_interval({"auc": np.array([0.8, np.nan, 0.8])})
    assert (found["auc_low"], found["auc_high"]) == (0.8, 0.8)
    assert np.isnan(with_interval({"auc": np.array([0.8])})["auc_low"])
    assert Redraws.none(3).sums(np.ones((3, 1))).tolist() == [[3.0]]
