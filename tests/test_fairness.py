import numpy as np
import pandas as pd
import pytest
from fairlearn.metrics import MetricFrame, false_positive_rate, selection_rate
from sklearn.metrics import roc_auc_score

from social_guard import evaluate_templates
from social_guard.evaluation.bootstrap import draw
from social_guard.evaluation.fairness import fill_templates, group_measures
from social_guard.exceptions import DataError
from social_guard.policy.reading import parse_policy
from tests.conftest import ROOT

POLICY = parse_policy("version = 1\n[categories.hate_speech]\nreview = 0.4\nhide = 0.7")
TEMPLATES = pd.DataFrame({"template": ["Thanks to {people}", "I am {person}"]})
IDENTITIES = pd.DataFrame({"people": ["men", "women"], "person": ["a man", "a woman"], "characteristic": "sex"})


class Biased:
    """A judge that minds women."""

    heads = ("hate_speech",)
    policy = POLICY
    model_hash = "0"

    @property
    def manifest(self):
        return {"prevalence": {"hate_speech": 0.1}}

    def scores(self, texts):
        return np.array([[0.5 if "women" in text else 0.2 if "woman" in text else 0.01] for text in texts])


def test_sentences_differ_in_the_people_alone():
    """Each template with each identity, in the number that it asks for."""
    assert fill_templates(TEMPLATES, IDENTITIES)["text"].tolist() == [
        "Thanks to men", "I am a man", "Thanks to women", "I am a woman",
    ]  # fmt: skip


def test_a_biased_judge_is_found_out():
    """At each threshold, at 0.5 and after shifting; nobody is most touched where nobody is touched."""
    found = evaluate_templates(Biased(), TEMPLATES, IDENTITIES)
    assert found.by_identity.loc["women", ["review", "hide", "half", "half_shifted"]].tolist() == [0.5, 0.0, 0.5, 1.0]
    assert found.by_identity["mean_score"].round(3).tolist() == [0.01, 0.35]
    assert found.gaps.loc["review"].tolist() == [0.25, 0.0, 0.5, 0.5, "women"]
    assert found.gaps.loc["hide"].tolist() == [0.0, 0.0, 0.0, 0.0, ""]
    assert found.gaps.loc["any_category"].tolist() == found.gaps.loc["review"].tolist()
    assert found.gaps.loc["any_action"].tolist() == found.gaps.loc["hide"].tolist()


def test_what_is_missing_is_named():
    """A column or a head."""
    with pytest.raises(DataError, match="no column 'person'"):
        fill_templates(TEMPLATES, IDENTITIES.drop(columns="person"))
    with pytest.raises(DataError, match="'spam' is not scored"):
        evaluate_templates(Biased(), TEMPLATES, IDENTITIES, category="spam")


def test_our_own_sentences_are_whole():
    """Every gap is filled, and no two sentences are the same."""
    folder = ROOT / "data" / "functional"
    filled = fill_templates(pd.read_csv(folder / "kind.csv"), pd.read_csv(folder / "identities.csv"))
    assert len(filled) == 3600 == filled["text"].nunique()
    assert not filled["text"].str.contains("[{}]").any()


def test_areas_are_those_of_borkan():
    """The group against itself, its negatives against other positives, its positives against other negatives."""
    random = np.random.default_rng(2)
    truth, inside = random.uniform(size=300) < 0.4, random.uniform(size=300) < 0.3
    score = np.clip(0.3 * truth + 0.2 * inside + random.uniform(0, 0.5, size=300), 0, 1)
    labels, scores = pd.DataFrame({"hate_speech": truth.astype(int)}), pd.DataFrame({"hate_speech": score})
    identity = pd.Series(np.where(inside, "women;nurses", "men"))
    redraws = draw(np.arange(300).astype(str), truth.astype(int), redraws=50)
    row = group_measures(labels, scores, identity, policy=POLICY, redraws=redraws).loc[("hate_speech", "women")]
    for name, part in {"subgroup": inside, "bpsn": inside != truth, "bnsp": inside == truth}.items():
        assert row[f"{name}_auc"] == pytest.approx(roc_auc_score(truth[part], score[part]))
        assert row[f"{name}_auc_low"] <= row[f"{name}_auc"] <= row[f"{name}_auc_high"]
    assert row["bpsn_auc"] < row["subgroup_auc"] < row["bnsp_auc"]


def test_gaps_are_those_of_fairlearn():
    """Between a group and the rest at each step, and between the identities of sentences."""
    random = np.random.default_rng(3)
    truth, inside, score = random.uniform(size=400) < 0.3, random.uniform(size=400) < 0.4, random.uniform(size=400)
    labels, scores = pd.DataFrame({"hate_speech": truth.astype(int)}), pd.DataFrame({"hate_speech": score})
    identity, redraws = pd.Series(np.where(inside, "women", "")), draw(np.arange(400).astype(str), truth.astype(int), redraws=2)
    row = group_measures(labels, scores, identity, policy=POLICY, redraws=redraws).loc[("hate_speech", "women")]
    for step, limit in {"review": 0.4, "hide": 0.7}.items():
        frame = MetricFrame(metrics=false_positive_rate, y_true=truth, y_pred=score >= limit, sensitive_features=inside)
        assert row[f"false_{step}"] == pytest.approx(frame.by_group[True])
        assert row[f"gap_{step}"] == pytest.approx(frame.by_group[True] - frame.by_group[False])
    found, filled = evaluate_templates(Biased(), TEMPLATES, IDENTITIES), fill_templates(TEMPLATES, IDENTITIES)
    reached = Biased().scores(filled["text"])[:, 0] >= 0.4
    frame = MetricFrame(metrics=selection_rate, y_true=reached, y_pred=reached, sensitive_features=filled["people"])
    assert found.gaps.loc["review", "gap"] == frame.difference() > 0


def test_a_group_with_one_answer_is_left_out():
    """And so is a category without labels."""
    labels = pd.DataFrame({"hate_speech": [1, 0, 1]})
    found = group_measures(
        labels, pd.DataFrame({"hate_speech": [0.9, 0.1, 0.8]}), pd.Series(["men", "men", "women"]), policy=POLICY,
        redraws=draw(["a", "b", "c"], [0, 0, 0], redraws=2),
    )  # fmt: skip
    assert found.index.tolist() == [("hate_speech", "men")]
