import gzip
import json
import re
import shutil
import time
from dataclasses import replace

import numpy as np
import pytest

from social_guard import SocialGuard
from social_guard.exceptions import ModelError, ModelMismatchWarning, OutputError, PolicyError
from social_guard.files import persistence
from social_guard.files.persistence import FORMAT
from tests.test_hostile import replace_arrays, replace_file


@pytest.fixture
def folder(tiny_guard, tmp_path):
    return tiny_guard.save(tmp_path / "model")


def test_a_saved_guard_scores_the_same(tiny_guard, folder):
    """Bit for bit."""
    texts = ["bad", "Bad bad badly", "", "thank you", "class"]
    assert np.array_equal(SocialGuard.load(folder).scores(texts), tiny_guard.scores(texts))


def test_saving_twice_gives_the_same_bytes(tiny_guard, tmp_path):
    """Nothing in the files depends on when or where they were written."""
    first, second = tiny_guard.save(tmp_path / "a"), SocialGuard.load(tiny_guard.save(tmp_path / "x")).save(tmp_path / "b")
    for path in first.iterdir():
        assert path.read_bytes() == (second / path.name).read_bytes()


def test_no_file_can_run_code(folder):
    """The arrays load without pickle, and there is nothing but arrays and text."""
    assert sorted(p.name for p in folder.iterdir()) == ["manifest.json", "policy.toml", "vocabulary.txt.gz", "weights.npz"]
    with np.load(folder / "weights.npz", allow_pickle=False) as arrays:
        assert all(arrays[name].dtype.kind in "if" for name in arrays.files)


def spoil_bytes(folder, name):
    path = folder / name
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


def edit_manifest(folder, **changes):
    path = folder / "manifest.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))


@pytest.mark.parametrize(
    ("harm", "message"),
    [
        (lambda f: (f / "manifest.json").unlink(), "manifest.json: no such file"),
        (lambda f: (f / "manifest.json").write_text("{"), "manifest.json: cannot be read"),
        (lambda f: (f / "manifest.json").write_text("[]"), "no format number"),
        (lambda f: edit_manifest(f, format=FORMAT + 1), "upgrade social_guard"),
        (lambda f: edit_manifest(f, sha256={}), "does not match its hash"),
        (lambda f: edit_manifest(f, heads=["spam"]), "number of heads"),
        (lambda f: (f / "weights.npz").unlink(), "weights.npz: cannot be read"),
        (lambda f: spoil_bytes(f, "weights.npz"), "weights.npz: does not match its hash"),
        (lambda f: spoil_bytes(f, "vocabulary.txt.gz"), "vocabulary.txt.gz: does not match its hash"),
    ],
)
def test_a_spoiled_folder_says_which_file_and_what_to_do(folder, harm, message):
    """Damaged, incomplete, foreign and newer models are refused."""
    harm(folder)
    with pytest.raises(ModelError, match=message):
        SocialGuard.load(folder)


def test_a_missing_policy_is_named(folder):
    """The policy file is outside the hashes, but it must be there."""
    (folder / "policy.toml").unlink()
    with pytest.raises(PolicyError, match="policy.toml"):
        SocialGuard.load(folder)


def test_another_models_policy_warns_loudly(folder, tmp_path):
    """Thresholds mean something only for the model they were chosen for."""
    other = tmp_path / "other.toml"
    other.write_text(f'version = 1\ntuned_for = "{"0" * 64}"\n')
    with pytest.warns(ModelMismatchWarning, match="tune the thresholds again"):
        SocialGuard.load(folder, policy=other)


def test_a_person_may_edit_the_policy(folder):
    """A changed threshold loads without complaint."""
    path = folder / "policy.toml"
    path.write_text(path.read_text().replace('confirm = ["remove", "report"]', 'confirm = ["report"]'))
    assert SocialGuard.load(folder).policy.confirm == ("report",)


def test_a_folder_of_something_else_is_not_overwritten(tiny_guard, tmp_path):
    """Saving replaces a model, never other files."""
    (tmp_path / "mine.txt").write_text("keep")
    with pytest.raises(OutputError, match="not a model folder"):
        tiny_guard.save(tmp_path)
    assert (tmp_path / "mine.txt").read_text() == "keep"


def test_saving_over_a_model_replaces_it_whole(tiny_guard, folder):
    """No old file stays behind, no temporary one either."""
    edit_manifest(folder, note="old")
    tiny_guard.save(folder)
    assert "note" not in json.loads((folder / "manifest.json").read_text())
    assert [p.name for p in folder.parent.iterdir()] == ["model"]


def test_a_copied_folder_is_the_same_model(folder, tmp_path, tiny_guard):
    """A model is its files."""
    shutil.copytree(folder, tmp_path / "copy")
    assert SocialGuard.load(tmp_path / "copy").model_hash == tiny_guard.model_hash


RANGE, COUNT = "a weight is too large for sums that are exact", "a feature stands in fewer than no comments, or in more than there are"
HEADS = "the number of heads differs between the files"


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"intercepts": np.array([np.nan, 1])}, "a weight is not a finite number"),
        ({"steps": np.array([1e6, 1])}, None),
        ({"steps": np.array([-1e6, 1])}, None),
        ({"steps": np.array([-1.1e6, 1])}, RANGE),
        ({"intercepts": np.array([1.1e6, 1])}, RANGE),
        ({"scales": np.array([1, 3.0])}, None),  # the feature stands in 3 of 10 comments: (3 * 2.01) ** 2 is below 64
        ({"scales": np.array([1, 4.0])}, RANGE),
        ({"scales": np.array([-4.0, 1])}, RANGE),
        ({"scales": np.array([1, 1, 3.0])}, "it has other blocks of features than this release reads; train it again, or use the release that wrote it"),
        ({"word_frequencies": np.array([10], np.int32)}, None),
        ({"word_frequencies": np.array([11], np.int32)}, COUNT),
        ({"gram_frequencies": np.array([0], np.int32)}, None),
        ({"gram_frequencies": np.array([-1], np.int32)}, COUNT),
        ({"intercepts": np.zeros(3)}, HEADS),
        ({"steps": np.zeros(3)}, HEADS),
        ({"steps": np.zeros((2, 2))}, HEADS),
        ({"intercepts": np.zeros((2, 2))}, HEADS),
        ({"word_values": np.zeros((1, 3), np.int16)}, HEADS),
        ({"word_values": np.zeros((1, 2), np.int32)}, "the word block does not fit the vocabulary"),
        ({"gram_values": np.zeros((2, 2), np.int16)}, "the gram block does not fit the vocabulary"),
        ({"gram_frequencies": np.array([1.0])}, "the gram block does not fit the vocabulary"),
    ],
)
def test_each_bound_holds_to_the_last_value(folder, changes, why):
    """What is allowed loads; what is not is told with the reason."""
    replace_arrays(folder, **changes)
    if why is None:
        assert np.isfinite(SocialGuard.load(folder).scores(["bad"])).all()
    else:
        with pytest.raises(ModelError) as error:
            SocialGuard.load(folder)
        assert str(error.value) == f"{folder}: does not hold the arrays of a model ({why}); save or install it again"


@pytest.mark.parametrize(
    ("lines", "why"),
    [
        ("a b c\n ba", "the words hold more than tokens and pairs"),
        ("a b\n ba", None),
        ("\n ba", "a feature is named twice, or has no name"),
        ("bad\n ba\nmore", "the vocabulary has more lines than there are weights"),
    ],
)
def test_the_vocabulary_must_fit(folder, lines, why):
    """Words and pairs, then n-grams."""
    replace_file(folder, "vocabulary.txt.gz", gzip.compress(lines.encode()))
    if why is None:
        assert SocialGuard.load(folder).weights.grams.keys == (" ba",)
    else:
        with pytest.raises(ModelError, match=re.escape(f"({why})")):
            SocialGuard.load(folder)


def test_heads_are_named_once(folder):
    """And there is one."""
    edit_manifest(folder, heads=["spam", "spam"])
    with pytest.raises(ModelError, match=re.escape("(the heads are none, or one of them is named twice)")):
        SocialGuard.load(folder)


def test_the_warning_names_both_models(folder, tmp_path, recwarn):
    """And none comes where the policy names this model, or none."""
    model = SocialGuard.load(folder).model_hash
    path = tmp_path / "policy.toml"
    for tuned_for in ("", model):
        path.write_text(f'version = 1\ntuned_for = "{tuned_for}"\n')
        SocialGuard.load(folder, policy=path)
    assert not recwarn.list
    path.write_text(f'version = 1\ntuned_for = "{"0123456789abcdef" * 4}"\n')
    with pytest.warns(ModelMismatchWarning) as warned:
        SocialGuard.load(folder, policy=path)
    assert str(warned[0].message) == (
        f"{path}: its thresholds were chosen for model 0123456789ab, not for {model[:12]}; "
        "scores of two models do not compare, so tune the thresholds again"
    )
    assert warned[0].filename == __file__  # whoever loads is named


def test_the_shipped_model_is_the_one_that_is_pinned(monkeypatch, tmp_path):
    """Another model in its place is refused; the same folder loads when it is asked for by name."""
    copy = shutil.copytree(persistence.default_folder(), tmp_path / "default")
    monkeypatch.setattr(persistence, "default_folder", lambda: copy)
    assert SocialGuard.load().model_hash == SocialGuard.load(copy).model_hash
    edit_manifest(copy, note="another")
    with pytest.raises(ModelError, match="it is not the manifest that this release of the package shipped with"):
        SocialGuard.load()
    assert SocialGuard.load(copy).manifest["note"] == "another"


def test_a_model_that_is_saved_while_it_is_read_is_read_again(tiny_guard, folder, monkeypatch):
    """The manifest of the one and the weights of the other are no damage."""
    read, steps = persistence._read_checked, iter([True])

    def saved_meanwhile(place, name, manifest):
        if next(steps, False):
            shutil.rmtree(folder)
            SocialGuard(replace(tiny_guard._model, weights=replace(tiny_guard.weights, n_comments=11))).save(folder)
        return read(place, name, manifest)

    monkeypatch.setattr(persistence, "_read_checked", saved_meanwhile)
    assert SocialGuard.load(folder).weights.n_comments == 11


def test_the_bytes_do_not_depend_on_the_clock(tiny_guard, tmp_path, monkeypatch):
    """Not even where a format has a place for the time."""
    saved = []
    for number, moment in enumerate((1e9, 2e9)):
        monkeypatch.setattr(time, "time", lambda moment=moment: moment)
        saved.append({path.name: path.read_bytes() for path in tiny_guard.save(tmp_path / str(number)).iterdir()})
    assert saved[0] == saved[1]


def test_the_manifest_is_text_that_people_read(tiny_guard, tmp_path):
    """Sorted, a line a value, letters as they are; it names the model, and comes back as it was."""
    folder = SocialGuard(replace(tiny_guard._model, manifest={"note": "é", "a": [1]})).save(tmp_path / "model")
    text, found = (folder / "manifest.json").read_text(encoding="utf-8"), SocialGuard.load(folder).manifest
    assert text.startswith('{\n "a": [\n  1\n ],\n "format": 1,\n "heads": [') and '"note": "é"' in text and text.endswith("}\n")
    assert found == json.loads(text) and list(found) == sorted(found)
    assert found["model"] == tiny_guard.model_hash == persistence.weights_hash(tiny_guard.weights)


def test_a_model_may_take_an_empty_folder_but_no_file(tiny_guard, tmp_path):
    """What somebody has made for it, and nothing else."""
    (tmp_path / "empty").mkdir()
    assert SocialGuard.load(tiny_guard.save(tmp_path / "empty")).model_hash == tiny_guard.model_hash
    (tmp_path / "file").write_text("mine")
    with pytest.raises(OutputError, match="exists and is not a model folder; choose another name"):
        tiny_guard.save(tmp_path / "file")
    assert (tmp_path / "file").read_text() == "mine"
