import json
import shutil

import numpy as np
import pytest

from social_guard import SocialGuard
from social_guard.exceptions import ModelError, ModelMismatchWarning, OutputError, PolicyError
from social_guard.files.persistence import FORMAT


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
