"""Real input: the public corpora, where they are at hand."""

import numpy as np
import pytest

from social_guard import load_comments
from social_guard.files.data import group_comments, source_registry


@pytest.fixture(scope="module")
def open_comments(corpora):
    return load_comments(corpora, licence_class="open")


def test_every_source_is_registered(corpora, open_comments):
    """The registry knows every file, and only open licences come when asked for."""
    names = {path.stem for path in corpora.glob("*.parquet")}
    assert names == set(source_registry())
    assert {source_registry()[name]["licence_class"] for name in open_comments["source"].unique()} == {"open"}
    assert len(open_comments) > 250_000


def test_pairs_stay_together(open_comments):
    """The two sides of a paraphrase never part."""
    pairs = open_comments[open_comments["source"] == "paradetox"].head(2000)
    groups = group_comments(pairs)
    assert all(len(set(groups[pairs["group"].to_numpy() == g])) == 1 for g in pairs["group"].unique()[:200])


def test_real_patient_feedback_is_left_alone(shipped_guard, open_comments):
    """At most 1 critical comment in 100 gets any action; none is removed or reported."""
    feedback = open_comments[(open_comments["source"] == "nhs_fft_px_phase1") & (open_comments["group"] == "critical")]
    scored = shipped_guard.score_frame(feedback)
    assert (scored["action"] != "none").mean() <= 0.01
    assert not scored["action"].isin(["remove", "report"]).any()


def test_every_source_can_be_scored(shipped_guard, open_comments):
    """Each row of a sample of each source gets finite scores and a decision."""
    sample = open_comments.groupby("source").head(50)
    scored = shipped_guard.score_frame(sample)
    assert scored["error"].isna().all() and scored["action"].notna().all()
    assert np.isfinite(scored.filter(like="score_")).all(axis=None)
