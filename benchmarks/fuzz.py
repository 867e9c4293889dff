"""Search for input that crashes: a fuzzer that is guided by which branches it reaches.

    pip install -e .[fuzz]
    python benchmarks/fuzz.py moderate --seconds 60
    python benchmarks/fuzz.py --all --seconds 500       # every target in turn; adds up docs/figures/fuzzing.md

It stops at the first crash, and writes the input to ``crash-*`` in the folder it is run from; a file given as
``--replay`` runs that input alone. What a target allows is the tree of ``SocialGuardError``, nothing else.
"""

from __future__ import annotations

import argparse
import contextlib
import gzip
import hashlib
import json
import logging
import re
import resource
import subprocess
import sys
import tempfile
import warnings
from collections.abc import Callable
from pathlib import Path

import atheris
import pandas as pd
from holdout import markdown

with atheris.instrument_imports(include=["social_guard"]):
    from social_guard import SocialGuard, load_comments
    from social_guard.exceptions import ModelError, SocialGuardError
    from social_guard.policy.reading import parse_policy
    from social_guard.review.decisions import COLUMNS, label_decisions, load_decisions, text_digest
    from social_guard.review.sheet import build_review_sheet
    from social_guard.words.text import fold, normalise

FOLDER = Path(tempfile.mkdtemp(prefix="fuzz-"))
PAGE = Path(__file__).resolve().parents[1] / "docs" / "figures" / "fuzzing.md"
RECORD = PAGE.with_suffix(".json")


def fuzz_normalise(data: bytes) -> None:
    """Both ways to fold agree, and places map back into the text."""
    text = _text(data)
    comment = normalise(text)
    assert comment.text == fold(text)
    for reading in comment.readings:
        start, end = comment.raw_span(reading.start, reading.end)
        assert 0 <= start <= end <= len(text)


def fuzz_moderate(data: bytes) -> None:
    """One comment alone, and among others as arrays, has the same scores."""
    text = _text(data)
    one, many = GUARD.scores([text]), GUARD.scores([text] * 40)
    assert (one == many).all()
    GUARD.moderate(text)


def fuzz_explain(data: bytes) -> None:
    """Contributions add up to the log-odds, and nothing shown is a control character."""
    explanation = GUARD.explain(_text(data))
    for h, head in enumerate(explanation.heads):
        total = explanation.intercepts[head] + explanation.contributions[:, h].sum()
        assert abs(total - explanation.logits[head]) < 1e-9
    for shown in (str(explanation), explanation._repr_html_()):
        assert all(char.isprintable() or char == "\n" for char in shown)


def fuzz_policy(data: bytes) -> None:
    """A policy is read or refused."""
    with contextlib.suppress(SocialGuardError):
        parse_policy(_text(data))


def fuzz_model(data: bytes) -> None:
    """A folder with hashes that fit loads and scores, or is refused; the first byte says which file is replaced."""
    name = ("weights.npz", "vocabulary.txt.gz", "manifest.json")[data[0] % 3 if data else 0]
    content = gzip.compress(data[1:], 1) if name.endswith("gz") else data[1:]
    manifest = json.loads((MODEL / "manifest.json").read_text())
    files = {path.name: path.read_bytes() for path in MODEL.iterdir()} | {name: content}
    if name != "manifest.json":
        manifest["sha256"][name] = hashlib.sha256(content).hexdigest()
        files["manifest.json"] = json.dumps(manifest).encode()
    for file, written in files.items():
        (FOLDER / file).write_bytes(written)
    with contextlib.suppress(ModelError):
        guard = SocialGuard.load(FOLDER)
        guard.scores(["bad"])


def fuzz_csv(data: bytes) -> None:
    """A file is read or refused, by both readers."""
    _read(data, "csv")


def fuzz_jsonl(data: bytes) -> None:
    """A file of JSON lines is read or refused, by both readers."""
    _read(data, "jsonl")


def fuzz_parquet(data: bytes) -> None:
    """A Parquet file is read or refused, by both readers."""
    _read(data, "parquet")


def fuzz_labels(data: bytes) -> None:
    """Any text as a list of labels, or as one label, is read or refused."""
    cells = _text(data).split("\n")[:9]
    for column in ("labels", "spam"):
        with contextlib.suppress(SocialGuardError):
            load_comments(pd.DataFrame({"text": ["a"] * len(cells), column: pd.Series(cells, dtype=object)}))


def fuzz_decisions(data: bytes) -> None:
    """A file of decisions is read and becomes labels, or is refused."""
    source = FOLDER / "decisions.csv"
    source.write_bytes(data)
    with contextlib.suppress(SocialGuardError):
        label_decisions(load_decisions(source), COMMENTS)


def fuzz_sheet(data: bytes) -> None:
    """A page of a hostile comment holds no more elements and no more scripts than that of a kind one."""
    page = build_review_sheet(GUARD, _scored(_text(data)))
    assert all(page.lower().count(tag) == KIND.count(tag) for tag in ("<script", "</script", "<!--", "<iframe", "<img"))


def _scored(text: str) -> pd.DataFrame:
    comments = pd.DataFrame({"text": pd.Series([text], dtype=object)})
    return comments.join(GUARD.score_frame(comments))


def _read(data: bytes, kind: str) -> None:
    source = FOLDER / f"in.{kind}"
    source.write_bytes(data)
    with contextlib.suppress(SocialGuardError):
        load_comments(source)
    with contextlib.suppress(SocialGuardError):
        GUARD.score_file(source, FOLDER / "out.csv")


def _text(data: bytes) -> str:
    return data.decode("utf-8", "surrogateescape")


def _smallest_model() -> Path:
    import numpy as np

    from social_guard.files.persistence import Model, save_model
    from social_guard.model.scorer import Block, Weights

    one = [Block((key,), np.array([3], np.int32), 0.5, np.array([[2, -1]], np.int16)) for key in ("bad", " ba")]
    weights = Weights(("abuse", "spam"), np.zeros(2), np.full(2, 0.1), 10, *one)
    return save_model(Model(weights, "version = 1\n"), FOLDER / "small")


def _seeds(target: str) -> Path:
    """Sound input to begin with."""
    folder = FOLDER / "seeds"
    folder.mkdir()
    comment = "Ｓｏ 1diot f.o.o.l caf\u00e9 &amp; https://example.org @ward_sister nurse@example.org mooooron d*mn!!"
    line = f"{','.join(COLUMNS)}\n{','.join({'text_digest': text_digest('a'), 'agree': 'yes', 'id': '0'}.get(c, '') for c in COLUMNS)}\n"
    sound = {"policy": GUARD.policy_text, "csv": f'id,text\n1,"{comment}"\n', "decisions": line, "labels": '["spam"]\nspam;abuse\n1'}
    seeds = sound.get(target, json.dumps({"text": comment}) if target == "jsonl" else comment)
    (folder / "one").write_text(seeds, encoding="utf-8")
    if target == "parquet":
        pd.DataFrame({"id": [1], "text": [comment]}).to_parquet(folder / "one")
    if target == "model":
        for number, name in enumerate(("weights.npz", "vocabulary.txt.gz", "manifest.json")):
            content = (MODEL / name).read_bytes()
            (folder / name).write_bytes(bytes([number]) + (gzip.decompress(content) if number == 1 else content))
    return folder


TARGETS: dict[str, Callable[[bytes], None]] = {
    name.removeprefix("fuzz_"): function for name, function in list(globals().items()) if name.startswith("fuzz_")
}
GUARD = SocialGuard.load()
MODEL = _smallest_model()
COMMENTS = pd.DataFrame({"text": ["a", "b"]})
KIND = build_review_sheet(GUARD, _scored("thank you")).lower()


def run_all(seconds: int) -> None:
    """Every target in a process of its own, the least tried first, and a page that adds up all runs."""
    for name in sorted(TARGETS, key=lambda target: _record().get(target, {}).get("minutes", 0)):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        done = subprocess.run([sys.executable, __file__, name, f"--seconds={seconds}"], capture_output=True, text=True, check=False)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        spent = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        runs = max(map(int, re.findall(r"^#(\d+)", done.stderr, re.MULTILINE)), default=0)
        add_up(name, spent / 60, runs, done.returncode)
        print(f"{name}: {spent / 60:.1f} CPU minutes, {runs:,} runs, {'nothing found' if not done.returncode else done.stderr[-2000:]}", flush=True)


def _record() -> dict[str, dict[str, float]]:
    """What was run so far."""
    return json.loads(RECORD.read_text(encoding="utf-8")) if RECORD.exists() else {}


def add_up(name: str, minutes: float, runs: int, code: int) -> None:
    """Add a run to the record, and write the page anew."""
    record = _record()
    old = record.get(name, {"minutes": 0.0, "runs": 0, "open": 0})
    record[name] = {"minutes": round(old["minutes"] + minutes, 2), "runs": old["runs"] + runs, "open": int(bool(code))}
    RECORD.write_text(json.dumps(record, indent=1, sort_keys=True) + "\n", encoding="utf-8")
    rows = [
        {"target": name, "what must hold": (TARGETS[name].__doc__ or "").strip(), "CPU minutes": f"{found['minutes']:.1f}"}
        | {"inputs tried": f"{found['runs']:,}", "open findings": found["open"]}
        for name, found in record.items()
    ]
    PAGE.write_text(HEAD + markdown(pd.DataFrame(rows)) + "\n", encoding="utf-8")


HEAD = """\
# Fuzzing

Written by `benchmarks/fuzz.py --all`, which adds every run to `fuzzing.json`: how long a fuzzer guided by coverage has looked for input that
crashes, hangs, or breaks what must hold, in processor time, and how many inputs it tried. The goal is 24 CPU minutes a target.

"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("target", choices=TARGETS, nargs="?")
    parser.add_argument("--all", action="store_true", help="every target in turn")
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("--replay", type=Path, help="run one input that was found")
    options = parser.parse_args()
    if options.all or not options.target:
        return run_all(options.seconds)
    warnings.simplefilter("ignore")
    logging.disable()
    if options.replay:
        TARGETS[options.target](options.replay.read_bytes())
        return
    limits = [f"-max_total_time={options.seconds}", "-timeout=60", "-rss_limit_mb=4096", "-max_len=4096"]
    for seed in (seeds := _seeds(options.target)).iterdir():
        TARGETS[options.target](seed.read_bytes())  # what is loaded late is loaded now
    atheris.Setup([sys.argv[0], *limits, str(seeds)], TARGETS[options.target])
    atheris.Fuzz()


if __name__ == "__main__":
    main()
