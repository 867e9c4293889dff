"""Search for input that crashes: a fuzzer that is guided by which branches it reaches.

    pip install -e .[fuzz]
    python benchmarks/fuzz.py moderate --seconds 60

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
import sys
import tempfile
import warnings
from collections.abc import Callable
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["social_guard"]):
    from social_guard import SocialGuard, load_comments
    from social_guard.exceptions import ModelError, SocialGuardError
    from social_guard.policy.decide import parse_policy
    from social_guard.words.text import fold, normalise

FOLDER = Path(tempfile.mkdtemp(prefix="fuzz-"))


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
    source = FOLDER / "in.csv"
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

    one = [Block((key,), np.array([3], np.int32), 0.5, np.array([[2, -1]], np.int16)) for key in ("bad", " ba", "class")]
    weights = Weights(("abuse", "spam"), np.zeros(2), np.full(2, 0.1), 10, *one, {"bad": ("class",)})
    return save_model(Model(weights, "version = 1\n"), FOLDER / "small")


def _seeds(target: str) -> Path:
    """Sound input to begin with."""
    folder = FOLDER / "seeds"
    folder.mkdir()
    comment = "Ｓｏ 1diot f.o.o.l caf\u00e9 &amp; https://example.org @ward_sister nurse@example.org mooooron d*mn!!"
    seeds = {"policy": GUARD.policy_text, "csv": f'id,text\n1,"{comment}"\n'}.get(target, comment)
    (folder / "one").write_text(seeds, encoding="utf-8")
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


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("target", choices=TARGETS)
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("--replay", type=Path, help="run one input that was found")
    options = parser.parse_args()
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
