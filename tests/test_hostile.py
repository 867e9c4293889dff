"""What strangers can send: comments, files, policies and model folders made to crash, hang, flood or run something."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import os
import pickle
import re
import struct
import tracemalloc
import zipfile
from contextlib import suppress
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from social_guard import SocialGuard, load_comments
from social_guard.exceptions import DataError, ModelError, PolicyError, SocialGuardError
from social_guard.files.persistence import MOST_BYTES
from social_guard.policy.reading import load_policy, parse_policy
from social_guard.words.text import fold, normalise

MIB = 1 << 20
PIECES = st.sampled_from(
    ["\ud800", "\udfff", "\0", "a" + "\u0301" * 50, "\u202e", "\u2066", "\x1b[31m", "\x1b]0;x\x07", "<script>", "&#60;", "&lt;", "&#xd800;",
     "\u200d", "f.o.o.l", "1d10t", "$", "@", "www.", "a@b.", "'*", "!?", "\r", "\u2028", "=1+1", "\u0130", "\u017f", "٣", "\U000e0041", " "]
)  # fmt: skip
TEXTS = st.lists(PIECES | st.text(st.characters(), max_size=8), max_size=30).map("".join)
UNSAFE = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
few = settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])


# -------------------------------------------------------------------------------------------------------- comments


@given(TEXTS)
def test_any_text_folds_and_every_place_maps_back(text):
    """The two ways to fold agree, and no span leaves the text."""
    comment = normalise(text)
    assert comment.text == fold(text)
    for reading in comment.readings:
        start, end = comment.raw_span(reading.start, reading.end)
        assert 0 <= start <= end <= len(text)


@few
@given(text=TEXTS)
def test_any_text_gets_a_decision_and_a_safe_explanation(shipped_guard, text):
    """Probabilities are probabilities, and neither a terminal nor a browser obeys what the comment says."""
    decision, explanation = shipped_guard.moderate(text), shipped_guard.explain(text)
    assert all(0 <= p <= 1 for p in decision.scores.values())
    assert all(0 <= start <= end <= len(text) for unit in explanation.units for start, end in unit.spans)
    for shown in (str(explanation), explanation._repr_html_(), decision.reason):
        assert not UNSAFE.search(shown)
    assert set(re.findall(r"<[^\s>]*", explanation._repr_html_())) <= {"<p", "</p", "<b", "</b", "<br", "<mark", "</mark"}


@few
@given(texts=st.lists(TEXTS | st.none() | st.floats() | st.binary(max_size=3), min_size=1, max_size=40))
def test_any_column_is_scored_row_by_row(shipped_guard, texts):
    """Text has an action, anything else an error and a person; neighbours change nothing."""
    scored = shipped_guard.score_frame(pd.DataFrame({"text": pd.Series(texts, dtype=object)}))
    assert [isinstance(text, str) for text in texts] == scored["action"].notna().tolist()
    assert scored["needs_review"][scored["action"].isna()].all()
    for text, action in zip(texts, scored["action"], strict=True):
        assert not isinstance(text, str) or action == str(shipped_guard.moderate(text).action)


@pytest.mark.parametrize("piece", ["a", "a\u0301", "\u202e", "\0", "\ud800", "a.", "a@", "&#", "'*", "a1$"])
def test_a_megabyte_gets_a_decision(shipped_guard, piece):
    """Length alone stops nothing (``benchmarks/linear.py`` measures the time)."""
    assert shipped_guard.moderate(piece * (MIB // len(piece))).scores


def test_what_scoring_adds_is_no_formula(shipped_guard):
    """No text of ours in a table begins like one, so that a spreadsheet runs nothing of ours."""
    texts = ["=1+1", "@SUM(A1)", "+1", "-1", "\t=1", "\r=1", "Buy followers at www.example.org", None, 5, b"="]
    scored = shipped_guard.score_frame(pd.DataFrame({"text": pd.Series(texts, dtype=object)}))
    cells = [cell for column in scored for cell in scored[column] if isinstance(cell, str)]
    assert not [cell for cell in cells if cell.startswith(("=", "+", "-", "@", "\t", "\r", "\n"))]


def test_a_file_for_excel_holds_no_formula(shipped_guard, tmp_path):
    """A quote stands before what a spreadsheet would run, in names of columns too; numbers and all else stay as they are."""
    rows = {"=name": ["=1+1", "@SUM(A1)", "+1", "-2.5e-05", "'=1", "\u00a0-x", "\uff1d1", "a=b"], "text": ["-1+cmd", "fine", *["ok"] * 6]}
    pd.DataFrame(rows).to_csv(tmp_path / "in.csv", index=False)
    for bom in (True, False):
        shipped_guard.score_file(tmp_path / "in.csv", tmp_path / f"{bom}.csv", bom=bom)
    safe, plain = (pd.read_csv(tmp_path / f"{bom}.csv", dtype=str, keep_default_na=False) for bom in (True, False))
    assert safe["'=name"].tolist() == ["'=1+1", "'@SUM(A1)", "+1", "-2.5e-05", "''=1", "'\u00a0-x", "'\uff1d1", "a=b"]
    assert safe["text"].tolist() == ["'-1+cmd", "fine", *["ok"] * 6]
    assert plain[["=name", "text"]].to_dict("list") == rows and safe["score_abuse"].equals(plain["score_abuse"])


# ----------------------------------------------------------------------------------------------------------- files

FILES = {
    "empty.csv": b"",
    "unclosed.csv": b'text\n"never closed\n',
    "utf16.csv": "text\na".encode("utf-16"),
    "packed.csv": gzip.compress(b"text\na\n", mtime=0),
    "header.csv": b"a" * MIB + b"\n1\n",
    "list.jsonl": b"[1]\n",
    "bytes.jsonl": b"\xff\xfe\n",
    "footer.parquet": b"PAR1\xff\xff\xff\x7fPAR1",
    "none.parquet": b"",
}


@pytest.mark.parametrize("name", FILES)
def test_a_lying_file_is_refused(shipped_guard, tmp_path, name):
    """Whole files and streams alike; nothing is left under the target's name."""
    source, target = tmp_path / name, tmp_path / "out.csv"
    source.write_bytes(FILES[name])
    with pytest.raises(DataError):
        load_comments(source)
    with pytest.raises(DataError):
        shipped_guard.score_file(source, target)
    assert not target.exists()


@few
@given(content=st.binary(max_size=200) | TEXTS.map(lambda text: ("text\n" + text).encode("utf-8", "surrogatepass")))
def test_any_bytes_as_csv_are_read_or_refused(shipped_guard, tmp_path, content):
    """There is no third way."""
    (tmp_path / "in.csv").write_bytes(content)
    with suppress(SocialGuardError):
        load_comments(tmp_path / "in.csv")
    with suppress(SocialGuardError):
        shipped_guard.score_file(tmp_path / "in.csv", tmp_path / "out.csv")


# ---------------------------------------------------------------------------------------------------------- policy


@pytest.mark.parametrize(
    "text",
    ["a=" + "[" * 100_000, "version=" + "9" * 5000, "version=0x" + "f" * 100_000, "a" + ".a" * 100_000 + "=1", 'version="\ud800"', "#" * MIB,
     'version=1\n[clock]\nzone="../../etc/passwd"', 'version=1\n[clock]\ncountry="__init__"', "version=1\n[categories.spam]\nhide=nan"],
    ids=range(9),
)  # fmt: skip
def test_a_policy_bomb_is_refused(text):
    """At once, and as a policy's fault."""
    with pytest.raises(PolicyError):
        parse_policy(text)


@given(TEXTS | TEXTS.map(lambda text: f"version = 1\n[categories.spam]\n{text}"))
def test_any_policy_is_read_or_refused(text):
    """There is no third way."""
    with suppress(PolicyError):
        parse_policy(text)


@pytest.mark.parametrize("target", ["/dev/zero", "."])
def test_a_policy_that_never_ends_is_refused(tmp_path, target):
    """A link may point to a device."""
    (tmp_path / "policy.toml").symlink_to(target)
    with pytest.raises(PolicyError, match="regular file"):
        load_policy(tmp_path / "policy.toml")


# ----------------------------------------------------------------------------------------------------------- model


@pytest.fixture
def folder(tiny_guard, tmp_path) -> Path:
    return tiny_guard.save(tmp_path / "model")


def replace_file(folder: Path, name: str, content: bytes) -> None:
    """Whoever writes a folder writes its hashes too."""
    (folder / name).write_bytes(content)
    manifest = json.loads((folder / "manifest.json").read_text())
    manifest["sha256"][name] = hashlib.sha256(content).hexdigest()
    (folder / "manifest.json").write_text(json.dumps(manifest))


def replace_arrays(folder: Path, **changes) -> None:
    with np.load(folder / "weights.npz") as arrays:
        loaded = {name: arrays[name] for name in arrays.files}
    buffer = io.BytesIO()
    np.savez_compressed(buffer, **(loaded | changes))
    replace_file(folder, "weights.npz", buffer.getvalue())


def zipped(entries: dict[str, bytes], how: int = zipfile.ZIP_DEFLATED) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", how, compresslevel=1) as archive:
        for name, content in entries.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def npy(header: str, data: bytes = b"") -> bytes:
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header.encode() + data


def test_the_smallest_model_scores(folder):
    """What the tests below spoil is sound before."""
    assert SocialGuard.load(folder).moderate("bad").scores["abuse"] > 0.5


class Trap:
    """Unpickling it makes a folder."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self):
        return os.mkdir, (str(self.path),)


def test_a_pickle_among_the_arrays_is_not_run(folder, tmp_path):
    """The trap works, and is not sprung."""
    pickle.loads(pickle.dumps(Trap(tmp_path / "proof")))
    assert (tmp_path / "proof").is_dir()
    replace_arrays(folder, steps=np.array([Trap(tmp_path / "sprung"), 1], object))
    with pytest.raises(ModelError):
        SocialGuard.load(folder)
    replace_file(folder, "weights.npz", pickle.dumps(Trap(tmp_path / "sprung")))
    with pytest.raises(ModelError):
        SocialGuard.load(folder)
    assert not (tmp_path / "sprung").exists()


BOMBS = {
    "gzip of two gigabytes": ("vocabulary.txt.gz", lambda: gzip.compress(b"a" * (16 * MIB), 1) * 128),
    "gzip of empty lines": ("vocabulary.txt.gz", lambda: gzip.compress(b"\n" * (16 * MIB), 1)),
    "many arrays": ("weights.npz", lambda: zipped({f"{i}.npy": bytes(16 * MIB) for i in range(8)})),
    "bzip2": ("weights.npz", lambda: zipped({"a.npy": bytes(32 * MIB)}, zipfile.ZIP_BZIP2)),
    "a header's shape": (
        "weights.npz",
        lambda: zipped({"a.npy": npy("{'descr': '<f8', 'fortran_order': False, 'shape': (1000000000000,)}\n")}),
    ),
    "a huge header": ("weights.npz", lambda: zipped({"a.npy": npy("(" * 65_000)})),
}


@pytest.mark.parametrize("name", BOMBS)
def test_what_unpacks_to_gigabytes_is_refused(folder, name):
    """Before the memory goes."""
    file, make = BOMBS[name]
    replace_file(folder, file, make())
    tracemalloc.start()
    try:
        with pytest.raises(ModelError):
            SocialGuard.load(folder)
        assert tracemalloc.get_traced_memory()[1] < 4 * MOST_BYTES
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize(
    "changes",
    [
        {"steps": np.array([np.nan, 1])},
        {"steps": np.array([1e308, 1])},
        {"intercepts": np.array([np.inf, 1])},
        {"intercepts": np.zeros((2, 1))},
        {"intercepts": np.array(["a", "b"])},
        {"scales": np.array([1.0])},
        {"scales": np.array([1.0, np.nan])},
        {"scales": np.array([1.0, 1e5])},
        {"n_comments": np.array([1, 2])},
        {"n_comments": np.array(-5)},
        {"word_frequencies": np.array([-1], np.int32)},
        {"word_frequencies": np.array([np.nan])},
        {"word_frequencies": np.array(3, np.int32)},
        {"word_frequencies": np.array([[3]], np.int32)},
        {"word_values": np.zeros((1, 3), np.int16)},
        {"word_values": np.zeros((2, 2), np.int16)},
        {"word_values": np.zeros((1, 2))},
        {"word_values": np.zeros((1, 2, 1), np.int16)},
    ],
)
def test_arrays_that_do_not_fit_are_refused(folder, changes):
    """Wrong shapes, kinds, and numbers that are none."""
    replace_arrays(folder, **changes)
    with pytest.raises(ModelError):
        SocialGuard.load(folder)


@pytest.mark.parametrize(
    "lines", [b"a b c\n ba\nclass", b"\n ba\nclass", b"\xed\xa0\x80\n ba\nclass", b"bad", b"bad\n ba\nclass\nbad\tother", b"\xff"]
)
def test_a_vocabulary_that_does_not_fit_is_refused(folder, lines):
    """Whatever would fail later, when a comment comes."""
    replace_file(folder, "vocabulary.txt.gz", gzip.compress(lines))
    with pytest.raises(ModelError):
        SocialGuard.load(folder)


@pytest.mark.parametrize("content", ["[" * 100_000, '{"format": 1}', '{"format": 1, "heads": 5}', '{"format": ' + "9" * 5000 + "}", "\ufeff{}"])
def test_a_manifest_bomb_is_refused(folder, content):
    """It is read before any hash is known."""
    (folder / "manifest.json").write_text(content)
    with pytest.raises(ModelError):
        SocialGuard.load(folder)


@pytest.mark.parametrize("heads", [5, None, ["spam", "spam"], ["spam"], []])
def test_heads_that_do_not_fit_are_refused(folder, heads):
    """One name a column, each once."""
    manifest = json.loads((folder / "manifest.json").read_text()) | {"heads": heads}
    (folder / "manifest.json").write_text(json.dumps(manifest))
    with pytest.raises(ModelError):
        SocialGuard.load(folder)


def test_a_heads_name_is_no_html(folder):
    """The manifest of a foreign model is outside the hashes."""
    manifest = json.loads((folder / "manifest.json").read_text()) | {"heads": ["<script>", "\x1b[31m"]}
    (folder / "manifest.json").write_text(json.dumps(manifest))
    explanation = SocialGuard.load(folder).explain("bad")
    assert "<script" not in explanation._repr_html_() and not UNSAFE.search(explanation._repr_html_() + str(explanation))


@pytest.mark.parametrize("name", ["manifest.json", "weights.npz", "vocabulary.txt.gz"])
def test_links_to_devices_and_pipes_are_refused(folder, name):
    """Reading a device never ends, and a pipe waits for a writer that never comes."""
    path = folder / name
    path.unlink()
    path.symlink_to("/dev/zero")
    with pytest.raises(ModelError, match="regular file"):
        SocialGuard.load(folder)
    path.unlink()
    os.mkfifo(path)
    with pytest.raises(ModelError, match="regular file"):
        SocialGuard.load(folder)


@few
@given(name=st.sampled_from(["weights.npz", "vocabulary.txt.gz"]), place=st.integers(0, 10_000), new=st.binary(max_size=4))
def test_any_damage_is_refused_or_harmless(folder, name, place, new):
    """With hashes that fit; a model that loads can score."""
    before = {path: path.read_bytes() for path in folder.iterdir()}
    content = before[folder / name]
    place %= len(content)
    replace_file(folder, name, content[:place] + new + content[place + len(new) :])
    try:
        guard = SocialGuard.load(folder)
        guard.moderate("bad"), guard.scores(["bad"] * 40)
    except ModelError:
        pass
    finally:
        for path, content in before.items():
            path.write_bytes(content)
