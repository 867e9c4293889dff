"""A model folder in and out. Nothing in it can run code, and nothing half-written is ever left under its name.

=================== ==============================================================================
file                content
=================== ==============================================================================
``manifest.json``   format, heads, assumed prevalence, training sources, versions, metrics, hashes
``weights.npz``     arrays of numbers only, read with ``allow_pickle=False``
``vocabulary.txt.gz`` one feature a line: words and pairs, then character n-grams
``policy.toml``     the thresholds; outside the hashes, since a person edits it
=================== ==============================================================================

The format's number rises when a release writes a folder that earlier releases would misread.
"""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import warnings
import zipfile
import zlib
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import chain
from math import prod
from pathlib import Path
from typing import Any, BinaryIO, cast

import numpy as np
from numpy.typing import NDArray

from ..exceptions import ModelError, ModelMismatchWarning, OutputError
from ..model.scorer import Block, Weights, inverse_frequency
from ..policy.reading import parse_policy, read_policy_text
from ..policy.settings import Policy
from ..safe_files import new_folder, read_bounded

FORMAT = 1
BLOCKS = ("word", "gram")
WEIGHTS, VOCABULARY, MANIFEST, POLICY = "weights.npz", "vocabulary.txt.gz", "manifest.json", "policy.toml"
PINNED = "default_model.sha256"
"""Beside this module; ``sha256sum -c`` in the folder of the model reads it too."""
MOST_BYTES = 1 << 26
"""A file of a model may take so much, packed and unpacked; the model that ships takes a tenth of it."""
MOST_LINES = 1 << 22
LARGEST = 1e6
"""Of intercepts and steps, so that no sum of theirs leaves the floats."""
MOST_NORM = 64.0
"""Of the squared value of a feature, far above what training gives; sums of 65,000 such stay within 64 bits."""


@dataclass(frozen=True, eq=False)
class Model:
    """What a model folder holds.

    Attributes
    ----------
    weights : Weights
    policy_text : str
        The policy file as a person edits it.
    manifest : dict
        Everything else that is worth knowing; hashes and format are filled in by `save_model`.
    """

    weights: Weights
    policy_text: str
    manifest: dict[str, Any] = field(default_factory=dict)


def default_folder() -> Path:
    """Where the shipped model stands: inside the installed package, or in a checkout."""
    package = Path(__file__).resolve().parents[1]
    installed = package / "default_model"
    return installed if installed.is_dir() else package.parent / "models" / "default"


def weights_hash(weights: Weights) -> str:
    """The name of a model: a digest of its weights and vocabulary."""
    return hashlib.sha256(_weights_bytes(weights) + _vocabulary_bytes(weights)).hexdigest()


def save_model(model: Model, folder: str | Path) -> Path:
    """Write a model folder, whole or not at all.

    Raises
    ------
    OutputError
        When the folder cannot be written, or holds something that is not a model.
    """
    folder = Path(folder)
    check_target(folder)
    with new_folder(folder) as fresh:
        for name, content in _contents(model).items():
            (fresh / name).write_bytes(content)
    return folder


def check_target(folder: Path) -> None:
    """Refuse a name under which no model can be saved, best before one is trained.

    Raises
    ------
    OutputError
        When the folder holds something that is not a model.
    """
    if folder.exists() and not (folder / MANIFEST).is_file() and (not folder.is_dir() or any(folder.iterdir())):
        raise OutputError(f"{folder}: exists and is not a model folder; choose another name")


def _contents(model: Model) -> dict[str, bytes]:
    contents = {WEIGHTS: _weights_bytes(model.weights), VOCABULARY: _vocabulary_bytes(model.weights)}
    manifest = model.manifest | {
        "format": FORMAT,
        "heads": list(model.weights.heads),
        "sha256": {name: hashlib.sha256(content).hexdigest() for name, content in contents.items()},
        "model": weights_hash(model.weights),
    }
    contents[MANIFEST] = (json.dumps(manifest, indent=1, ensure_ascii=False, sort_keys=True) + "\n").encode()
    contents[POLICY] = model.policy_text.encode()
    return contents


def _weights_bytes(weights: Weights) -> bytes:
    arrays: dict[str, Any] = {
        "intercepts": weights.intercepts,
        "steps": weights.steps,
        "n_comments": np.array(weights.n_comments),
        "scales": np.array([block.scale for block in weights.blocks]),
    }
    for name, block in zip(BLOCKS, weights.blocks, strict=True):
        # by columns: the values of one head resemble each other, which packs better
        arrays[f"{name}_values"] = np.asfortranarray(block.values)
        arrays[f"{name}_frequencies"] = block.frequencies
    buffer = io.BytesIO()
    np.savez_compressed(buffer, **arrays)
    return buffer.getvalue()


def _vocabulary_bytes(weights: Weights) -> bytes:
    text = "\n".join(chain(*(block.keys for block in weights.blocks)))
    return gzip.compress(text.encode("utf-8", "surrogatepass"), mtime=0)


def load_model(
    folder: str | Path | None = None, policy: str | Path | None = None, change: Callable[[Model], Model] | None = None
) -> Model:
    """Read and check a model folder, with its own thresholds or those of another policy file.

    Parameters
    ----------
    folder, policy : path, optional
        By default the model that ships, and the policy file in the folder.
    change : callable, optional
        What is done to the model before its thresholds are held against it.

    Raises
    ------
    ModelError
        When a file is missing, damaged, foreign or from a newer release; it names the file and what to do.
    PolicyError
        When the policy file has a value that is not allowed.

    Warns
    -----
    ModelMismatchWarning
        When the thresholds were chosen for another model.
    """
    pinned = _pinned_hash() if folder is None else None
    folder = default_folder() if folder is None else Path(folder)
    manifest, contents = _read_folder(folder, pinned=pinned)
    try:
        weights = _parse_weights(contents[WEIGHTS], contents[VOCABULARY], manifest)
    except _DAMAGE as error:
        raise ModelError(f"{folder}: does not hold the arrays of a model ({error}); save or install it again") from error
    path = folder / POLICY if policy is None else Path(policy)
    policy_text = read_policy_text(path)
    parse_policy(policy_text, str(path))
    model = Model(weights, policy_text, manifest)
    model = change(model) if change else model
    _warn_on_mismatch(parse_policy(model.policy_text, str(path)), model.manifest, path)
    return model


def _warn_on_mismatch(policy: Policy, manifest: dict[str, Any], path: Path) -> None:
    if policy.tuned_for and policy.tuned_for != manifest.get("model"):
        warnings.warn(
            f"{path}: its thresholds were chosen for model {policy.tuned_for[:12]}, not for {manifest.get('model', '')[:12]}; "
            "scores of two models do not compare, so tune the thresholds again",
            ModelMismatchWarning,
            stacklevel=4,
        )


def _pinned_hash() -> str:
    """The hash of the shipped model's manifest, in which the hashes of the other files stand."""
    return Path(__file__).with_name(PINNED).read_text(encoding="ascii").split()[0]


def _read_folder(folder: Path, *, pinned: str | None) -> tuple[dict[str, Any], dict[str, bytes]]:
    """The manifest and the files that fit it; read again where another process saved the model meanwhile."""
    manifest = _read_manifest(folder, pinned)
    try:
        return manifest, {name: _read_checked(folder, name, manifest) for name in (WEIGHTS, VOCABULARY)}
    except ModelError:
        if _read_manifest(folder, pinned) == manifest:
            raise
    return _read_folder(folder, pinned=pinned)


def _read_manifest(folder: Path, pinned: str | None) -> dict[str, Any]:
    path = folder / MANIFEST
    try:
        content = read_bounded(path, MOST_BYTES)
        if pinned is not None and hashlib.sha256(content).hexdigest() != pinned:
            raise ValueError("it is not the manifest that this release of the package shipped with")
        manifest = json.loads(content.decode("utf-8"))
    except FileNotFoundError as error:
        raise ModelError(f"{path}: no such file, so {folder} is not a model folder; train one, or install the package again") from error
    except (OSError, ValueError, RecursionError) as error:
        raise ModelError(f"{path}: cannot be read ({error}); save or install the model again") from error
    version = manifest.get("format") if isinstance(manifest, dict) else None
    if not isinstance(version, int):
        raise ModelError(f"{path}: has no format number, so it is not a manifest of social_guard")
    if version > FORMAT:
        raise ModelError(f"{path}: has format {version}, this release reads up to {FORMAT}; upgrade social_guard")
    return manifest


def _at_most(file: BinaryIO) -> bytes:
    content = file.read(MOST_BYTES + 1)
    if len(content) > MOST_BYTES:
        raise ValueError(f"it holds more than the {MOST_BYTES >> 20} MiB that are allowed")
    return content


def _read_checked(folder: Path, name: str, manifest: dict[str, Any]) -> bytes:
    path = folder / name
    try:
        content = read_bounded(path, MOST_BYTES)
    except (OSError, ValueError) as error:
        raise ModelError(f"{path}: cannot be read ({error}); the model is incomplete, save or install it again") from error
    hashes = manifest.get("sha256")
    expected = hashes.get(name) if isinstance(hashes, dict) else None
    if hashlib.sha256(content).hexdigest() != expected:
        raise ModelError(f"{path}: does not match its hash in {MANIFEST}; it is damaged or foreign, save or install it again")
    return content


# what the readers of ZIP, gzip and numpy's files raise when the content lies
_DAMAGE = (
    ArithmeticError, EOFError, LookupError, MemoryError, NotImplementedError, OSError, RuntimeError, TypeError, ValueError,
    zipfile.BadZipFile, zlib.error,
)  # fmt: skip


def _parse_weights(weights: bytes, vocabulary: bytes, manifest: dict[str, Any]) -> Weights:
    keys, loaded = _unpack_lines(vocabulary), _unpack_arrays(weights)
    heads = tuple(map(str, manifest["heads"]))
    ends = np.cumsum([len(loaded[f"{name}_frequencies"]) for name in BLOCKS])
    starts = [0, *ends[:-1]]
    if loaded["scales"].shape != ends.shape:
        raise ValueError("it has other blocks of features than this release reads; train it again, or use the release that wrote it")
    words, grams = [
        _block(keys[start:end], name, float(scale), loaded)
        for name, start, end, scale in zip(BLOCKS, starts, ends, loaded["scales"], strict=True)
    ]
    if len(keys) > ends[-1]:
        raise ValueError("the vocabulary has more lines than there are weights")
    result = Weights(heads, loaded["intercepts"], loaded["steps"], int(loaded["n_comments"]), words, grams)
    _check_shapes(result)
    _check_ranges(result)
    return result


def _unpack_lines(vocabulary: bytes) -> list[str]:
    with gzip.open(io.BytesIO(vocabulary)) as file:
        text = _at_most(cast(BinaryIO, file)).decode("utf-8")
    if text.count("\n") >= MOST_LINES:
        raise ValueError(f"the vocabulary has more than {MOST_LINES} lines")
    return text.split("\n")


def _unpack_arrays(weights: bytes) -> dict[str, NDArray[Any]]:
    """The arrays of an ``.npz``, each of no more bytes than its entry holds, none of them objects."""
    with zipfile.ZipFile(io.BytesIO(weights)) as archive:
        entries = archive.infolist()
        # other ways of packing unpack a whole read at once, however long it becomes
        if not {entry.compress_type for entry in entries} <= {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}:
            raise ValueError("the arrays are packed in a way that cannot be bounded; numpy.savez_compressed writes deflated ones")
        if sum(entry.file_size for entry in entries) > MOST_BYTES:
            raise ValueError(f"the arrays unpack to more than the {MOST_BYTES >> 20} MiB that are allowed")
        return {entry.filename.removesuffix(".npy"): _unpack_array(archive.read(entry)) for entry in entries}


def _unpack_array(content: bytes) -> NDArray[Any]:
    file = io.BytesIO(content)
    if np.lib.format.read_magic(file) != (1, 0):
        raise ValueError("an array has another format than 1.0")
    shape, _, kind = np.lib.format.read_array_header_1_0(file)
    if kind.kind not in "iuf" or min(shape, default=1) < 0 or prod(shape) * kind.itemsize != len(content) - file.tell():
        raise ValueError("an array does not hold the numbers that its header promises")
    file.seek(0)
    return np.lib.format.read_array(file, allow_pickle=False)


def _check_shapes(weights: Weights) -> None:
    widths = {len(weights.heads), *weights.intercepts.shape, *weights.steps.shape, *(b.values.shape[1] for b in weights.blocks)}
    if len(widths) > 1 or weights.intercepts.ndim != 1 or weights.steps.ndim != 1:
        raise ValueError("the number of heads differs between the files")
    if not weights.heads or len(set(weights.heads)) < len(weights.heads):
        raise ValueError("the heads are none, or one of them is named twice")
    if any(len(block.index) < len(block.keys) or "" in block.index for block in weights.blocks):
        raise ValueError("a feature is named twice, or has no name")
    if "".join(weights.words.keys).count(" ") > sum(" " in key for key in weights.words.keys):
        raise ValueError("the words hold more than tokens and pairs")


def _check_ranges(weights: Weights) -> None:
    numbers = np.concatenate([weights.intercepts, weights.steps, [block.scale for block in weights.blocks]])
    if not np.isfinite(numbers).all():
        raise ValueError("a weight is not a finite number")
    frequencies = np.concatenate([block.frequencies for block in weights.blocks])
    if frequencies.min(initial=0) < 0 or frequencies.max(initial=0) > weights.n_comments:
        raise ValueError("a feature stands in fewer than no comments, or in more than there are")
    if np.abs(numbers).max() > LARGEST or any(_norm_bound(block, weights.n_comments) > MOST_NORM for block in weights.blocks):
        raise ValueError("a weight is too large for sums that are exact")


def _norm_bound(block: Block, n_comments: int) -> float:
    return float(np.max((block.scale * inverse_frequency(block.frequencies, n_comments)) ** 2, initial=0.0))


def _block(keys: list[str], name: str, scale: float, loaded: dict[str, Any]) -> Block:
    values, frequencies = loaded[f"{name}_values"], loaded[f"{name}_frequencies"]
    if values.ndim != 2 or not len(keys) == len(values) == len(frequencies) or values.dtype != np.int16 or frequencies.dtype.kind != "i":
        raise ValueError(f"the {name} block does not fit the vocabulary")
    return Block(tuple(keys), frequencies, scale, np.ascontiguousarray(values))
