import json
import re
import shlex
import shutil
import subprocess
import sys
import warnings

import numpy as np
import pytest
from click.testing import CliRunner

from social_guard import SocialGuard
from social_guard.cli.main import cli
from social_guard.exceptions import DataError, ModelMismatchWarning
from social_guard.files.persistence import weights_hash
from social_guard.prevalence import prior_shift
from tests.conftest import ROOT

EVEN = {"hate_speech": 0.5, "spam": 0.4}
PAGE = (ROOT / "docs" / "prevalence.md").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def texts(own_comments):
    return own_comments["text"].tolist()


@pytest.fixture(scope="module")
def even(small_guard):
    return small_guard.with_prevalence(EVEN)


def test_log_odds_move_by_the_prior_log_odds(small_guard, even, texts):
    """All comments by the same number, and the other heads not at all, to the bit."""
    before, after = (guard._scorer.log_odds(texts) for guard in (small_guard, even))
    for column, head in enumerate(small_guard.heads):
        if head in EVEN:
            shift = prior_shift(small_guard.manifest["prevalence"][head], EVEN[head])
            assert np.allclose(after[:, column] - before[:, column], shift, rtol=0, atol=1e-12)
        else:
            assert np.array_equal(after[:, column], before[:, column])


def test_the_manifest_says_so(small_guard, even):
    """A name of its own, the new shares, and where it came from."""
    shares = small_guard.manifest["prevalence"]
    assert even.manifest["prevalence"] == {**shares, **EVEN}
    assert even.manifest["shifted_from"] == {"model": small_guard.model_hash, "prevalence": shares}
    assert even.model_hash == weights_hash(even.weights) != small_guard.model_hash
    assert even.with_prevalence({"spam": 0.2}).manifest["shifted_from"] == even.manifest["shifted_from"]
    assert small_guard.with_prevalence({"spam": shares["spam"]}).model_hash == small_guard.model_hash


@pytest.mark.parametrize("shares", [EVEN, {"hate_speech": 0.0001, "abuse": 0.9}])
def test_decisions_stay_the_same(small_guard, texts, shares):
    """Action, categories, review and reasons of every comment: thresholds move along."""
    shifted = small_guard.with_prevalence(shares)
    for text in texts:
        before, after = small_guard.moderate(text), shifted.moderate(text)
        assert (after.action, after.automatic, after.needs_review) == (before.action, before.automatic, before.needs_review)
        assert (after.categories, after.signposts, after.reason_codes) == (before.categories, before.signposts, before.reason_codes)
    assert shifted.explain(texts[0]).to_dict()["terms"] == small_guard.explain(texts[0]).to_dict()["terms"]


def test_the_policy_file_keeps_its_comments(small_guard, even):
    """Only thresholds of the shifted categories and the name of the model change."""
    lines = zip(small_guard.policy_text.splitlines(), even.policy_text.splitlines(), strict=True)
    changed = [(before, after) for before, after in lines if before != after]
    assert {before.split(" = ")[0] for before, _ in changed} <= {"tuned_for", "review", "hide", "remove", "report"}
    assert even.policy.tuned_for == even.model_hash
    assert even.policy.categories["abuse"] == small_guard.policy.categories["abuse"]
    assert even.policy.categories["spam"].hide > small_guard.policy.categories["spam"].hide


def test_a_shifted_guard_is_saved_and_loaded(small_guard, even, texts, tmp_path):
    """As its own folder, and by `load` from the folder it came from; no warning of a mismatch."""
    with warnings.catch_warnings():
        warnings.simplefilter("error", ModelMismatchWarning)
        again = SocialGuard.load(even.save(tmp_path / "even"))
        loaded = SocialGuard.load(small_guard.save(tmp_path / "plain"), prevalence=EVEN)
    for guard in (again, loaded):
        assert np.array_equal(guard.scores(texts[:200]), even.scores(texts[:200]))
        assert guard.policy == even.policy and guard.manifest["prevalence"] == even.manifest["prevalence"]


def test_a_policy_for_the_new_model_is_left_as_it_is(small_guard, even, tmp_path):
    """Its numbers are for the new scores already; one for the old model moves along; one for another model is warned of."""
    folder, path = small_guard.save(tmp_path / "plain"), tmp_path / "policy.toml"
    for given in (even, small_guard):
        path.write_text(given.policy_text, encoding="utf-8")
        with warnings.catch_warnings():
            warnings.simplefilter("error", ModelMismatchWarning)
            assert SocialGuard.load(folder, policy=path, prevalence=EVEN).policy == even.policy
    path.write_text(small_guard.policy_text.replace(small_guard.model_hash, "0" * 64), encoding="utf-8")
    with pytest.warns(ModelMismatchWarning, match="chosen for model 000000000000"):
        SocialGuard.load(folder, policy=path, prevalence=EVEN)


@pytest.mark.parametrize(
    ("shares", "message"),
    [
        ({"complaint": 0.5}, "assumes no share of 'complaint'; it has one for abuse"),
        ({"hate_speach": 0.5}, "assumes no share of 'hate_speach'"),
        ({"spam": 1.0}, "the share of spam is 1.0; give a number between 0 and 1"),
        ({"spam": float("nan")}, "the share of spam is nan; give a number"),
        ({"spam": "half"}, "the share of spam is 'half'; give a number"),
    ],
)
def test_what_cannot_be_shifted_is_said(small_guard, shares, message):
    """With what can."""
    with pytest.raises(DataError, match=message):
        small_guard.with_prevalence(shares)


def test_evaluation_is_at_the_new_shares(small_guard, even, own_comments):
    """A shifted guard is measured at what its manifest states: steps find the same comments, the base rate is another."""
    part = own_comments.iloc[::4]
    before, after = (guard.evaluate(part, redraws=0, disguises=()) for guard in (small_guard, even))
    assert after.measures.loc["hate_speech", "prevalence"] == pytest.approx(0.5)
    assert before.actions["found"].tolist() == after.actions["found"].tolist()
    assert after.measures.loc["spam", "average_precision"] == pytest.approx(before.measures.loc["spam", "average_precision"])


def test_the_command_line_shifts(small_guard, even, tmp_path):
    """For one comment and for a file; a wrong share is named."""
    folder, text = str(small_guard.save(tmp_path / "plain")), "Buy now, cheap watches"
    shares = [part for key, share in EVEN.items() for part in ("--prevalence", f"{key}={share}")]

    def run(*arguments):
        return CliRunner().invoke(cli, [*map(str, arguments), "--model", folder])

    assert json.loads(run("moderate", text, "--json", *shares).output)["scores"] == even.moderate(text).scores
    source, target = tmp_path / "in.jsonl", tmp_path / "out.jsonl"
    source.write_text(json.dumps({"text": text}) + "\n", encoding="utf-8")
    assert run("score", source, "-o", target, "--quiet", *shares).exit_code == 0
    assert json.loads(target.read_text(encoding="utf-8"))["score_spam"] == even.moderate(text).scores["spam"]
    for given in ("spam", "spam=lots"):
        wrong = run("moderate", text, "--prevalence", given)
        assert wrong.exit_code == 2 and "hate_speech=0.5" in wrong.output


def test_the_page_runs(tmp_path):
    """Python and commands of docs/prevalence.md hold as they stand."""
    shutil.copytree(ROOT / "data" / "example", tmp_path / "data" / "example")
    (code,) = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
    subprocess.run([sys.executable, "-c", code], check=True, cwd=tmp_path)
    (commands,) = re.findall(r"```sh\n(.*?)```", PAGE, re.DOTALL)
    for line in commands.splitlines():
        subprocess.run([sys.executable, "-m", "social_guard", *shlex.split(line)[1:]], check=True, cwd=tmp_path)
