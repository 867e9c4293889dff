"""Comments in, one frame out, whatever they were kept in; and splits in which no text stands on both sides.

The frame has the columns ``text``, ``source``, ``split``, ``group``, ``writer`` and one for each head (`categories.HEADS`) that
somebody labelled: 1 yes, 0 no, missing unknown.
"""

from __future__ import annotations

import hashlib
import tomllib
from collections.abc import Iterable, Mapping
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ..categories import HEADS
from ..exceptions import DataError
from ..words.text import fold, tokens
from .chunks import COMPRESSIONS, FORMATS, split_name
from .stream import read_frame

if TYPE_CHECKING:
    import datasets
    import pandas as pd

OPTIONAL = ("identity", "post")
"""Columns of text that are kept where there are such."""
ENDINGS = (*FORMATS, ".json")
LABEL_WORDS = {"true": 1, "false": 0} | dict.fromkeys(("", "na", "n/a", "nan", "none", "null"))
"""What other programs write for 1, for 0 and for nothing."""


@lru_cache(maxsize=1)
def source_registry() -> dict[str, dict[str, Any]]:
    """The public data sets that the package knows, with licence and label mapping (``sources.toml``).

    Examples
    --------
    >>> source_registry()["paradetox"]["licence_class"]
    'open'
    """
    return tomllib.loads(Path(__file__).with_name("sources.toml").read_text(encoding="utf-8"))


def load_comments(
    source: str | Path | pd.DataFrame | datasets.Dataset | datasets.DatasetDict,
    *,
    text: str = "text",
    name: str | None = None,
    licence_class: str | None = None,
) -> pd.DataFrame:
    """Read labelled or unlabelled comments.

    Parameters
    ----------
    source : frame, path, data set or str
        A pandas frame; a CSV, JSON Lines or Parquet file, read as `read_table` does; a folder of such files, each a source
        of its own; a Hugging Face ``Dataset``; or a hub name such as ``"ucirvine/sms_spam"``. Labels stand in columns named like the heads
        (0, 1, missing), or in one column ``labels`` that lists the heads that apply to a fully labelled comment: an empty
        list or text says that none does, and where it is missing nothing is known. CSV cannot tell these two apart: an empty
        cell of a CSV file says that none applies. A frame that pandas read from such a file has it as missing; fill it with "".
    text : str, default="text"
        The column that holds the comments.
    name : str, optional
        What to call the source; by default the file's name, the hub's name or ``"comments"``.
    licence_class : {"open", "restricted"}, optional
        Of a folder, keep only the sources that the registry puts in this class.

    Returns
    -------
    pandas.DataFrame
        ``text``, ``source``, ``split``, ``group``, ``writer`` and the heads that have labels, index from 0; ``identity``
        (the protected group that a comment speaks of) and ``post`` (what it answers) where there are such columns.

    Raises
    ------
    DataError
        When something cannot be read, a column is missing, or a label is not 0, 1 or missing.

    Examples
    --------
    >>> import pandas as pd
    >>> load_comments(pd.DataFrame({"text": ["Thanks!", "Buy followers"], "labels": ["compliment", "spam"]}))[
    ...     ["text", "compliment", "spam"]
    ... ].values.tolist()
    [['Thanks!', 1, 0], ['Buy followers', 0, 1]]
    """
    import pandas as pd

    if isinstance(source, pd.DataFrame):
        return _tidy(source, text, name or "comments")
    if hasattr(source, "to_pandas") or hasattr(source, "keys"):
        return _tidy(_dataset_frame(source), text, name or "comments")
    path = Path(source)
    if path.is_dir():
        return _load_folder(path, text, licence_class)
    if path.exists() or path.suffix.lower() in (*ENDINGS, *COMPRESSIONS):
        return _tidy(_read_labelled(path), text, name or path.stem)
    return _load_hub(str(source), text, name)


def read_table(path: str | Path) -> pd.DataFrame:
    """Read one file whole, in the formats and compressions of `stream.score_file` and as that reads it; ``.json`` holds JSON Lines.

    Cells of CSV stay text, and only an empty one is missing: ``None`` and ``n/a`` are comments, ``007`` is an id.

    Raises
    ------
    DataError
        When it cannot be read or holds no rows.
    """
    path = Path(path)
    if not path.is_file():
        raise DataError(f"{path}: no such file")
    return read_frame(str(path), _kind(path))


def _kind(path: Path) -> str:
    return "jsonl" if path.suffix.lower() == ".json" else split_name(str(path))[0]


def _read_labelled(path: Path) -> pd.DataFrame:
    """As `read_table`; CSV cannot tell a missing list of labels from an empty one, and is taken to hold the empty one."""
    frame = read_table(path)
    if "labels" in frame.columns and _kind(path) == "csv":
        frame["labels"] = frame["labels"].fillna("")
    return frame


def _load_folder(folder: Path, text: str, licence_class: str | None) -> pd.DataFrame:
    import pandas as pd

    files = sorted(path for path in folder.iterdir() if path.is_file() and path.suffix.lower() in ENDINGS)
    registry = source_registry()
    if licence_class is not None:
        files = [path for path in files if registry.get(path.stem, {}).get("licence_class") == licence_class]
    files = [path for path in files if path.name != "sources.json"]
    if not files:
        raise DataError(f"{folder}: no comments found; it should hold files ending in {', '.join(ENDINGS)}")
    rows = pd.concat([_tidy(_read_part(path), text, path.stem) for path in files], ignore_index=True)
    return rows.fillna({column: "" for column in OPTIONAL if column in rows})


def _read_part(path: Path) -> pd.DataFrame:
    """Parquet by `datasets`; of CSV and JSON Lines that would guess types, which `read_table` does not."""
    import datasets

    if path.suffix.lower() != ".parquet":
        return _read_labelled(path)
    quiet = datasets.are_progress_bars_disabled()
    datasets.disable_progress_bars()
    try:
        return datasets.load_dataset("parquet", data_files=str(path), split="train").to_pandas()
    finally:
        if not quiet:
            datasets.enable_progress_bars()


def _load_hub(name: str, text: str, source: str | None) -> pd.DataFrame:
    import datasets

    entry = next(((key, e["hub"]) for key, e in source_registry().items() if e.get("hub", {}).get("path") == name), None)
    key, hub = entry or (source or name, {"path": name, "text": text})
    try:
        loaded = datasets.load_dataset(hub["path"], hub.get("name"), split=hub.get("split", "train"))
    except Exception as error:  # the hub client raises many kinds; all mean that the name gave no comments
        raise DataError(f"{name!r} is neither a file, nor a folder, nor a data set that the hub gives ({error})") from error
    frame = loaded.to_pandas()
    return _tidy(frame.assign(**map_labels(frame, hub.get("labels", {}))), hub["text"], key)


def map_labels(frame: pd.DataFrame, rules: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """Turn a data set's own labels into ours by the rules of the registry.

    Examples
    --------
    >>> import pandas as pd
    >>> frame = pd.DataFrame({"class": [0, 1, 2]})
    >>> map_labels(frame, {"offensive_language": {"column": "class", "yes": [1], "no": [2]}})["offensive_language"].tolist()
    [<NA>, 1, 0]
    """
    import pandas as pd

    mapped = {}
    for head, rule in rules.items():
        labels = pd.Series(rule.get("always", pd.NA), index=frame.index, dtype="Int8")
        if "column" in rule:
            labels = labels.mask(frame[rule["column"]].isin(rule["yes"]), 1).mask(frame[rule["column"]].isin(rule["no"]), 0)
        mapped[head] = labels
    return mapped


def _dataset_frame(source: Any) -> pd.DataFrame:
    import pandas as pd

    if hasattr(source, "to_pandas"):
        return source.to_pandas()
    return pd.concat([part.to_pandas().assign(split=split) for split, part in source.items()], ignore_index=True)


def _tidy(frame: pd.DataFrame, text: str, name: str) -> pd.DataFrame:
    import pandas as pd

    if text not in frame.columns:
        raise DataError(f"{name}: no column {text!r}; the columns are {', '.join(map(str, frame.columns))}")
    tidy = pd.DataFrame({"text": _words(frame[text], "")})
    for column, nothing in {"source": name, "split": "", "group": "", "writer": ""}.items():
        tidy[column] = _words(frame[column], nothing) if column in frame.columns else nothing
    for column in OPTIONAL:
        if column in frame.columns and column != text:
            tidy[column] = _words(frame[column], "")
    labels = _listed_labels(frame["labels"], name) if "labels" in frame.columns else frame
    for head in HEADS:
        if head in labels.columns:
            tidy[head] = _label_column(labels[head], name)
    return tidy[frame[text].notna()].reset_index(drop=True)


def _words(column: pd.Series, nothing: str) -> pd.Series:
    """A column of any type as text; half of a surrogate pair, which columns of text cannot hold, becomes a question mark."""
    filled = column.astype(object).where(column.notna(), nothing)
    return filled.map(lambda cell: str(cell).encode("utf-8", "replace").decode()).astype(str)


def _listed_labels(column: pd.Series, name: str) -> pd.DataFrame:
    import pandas as pd

    missing = column.isna()
    lists = [_label_keys(value) for value in column.astype(object).where(~missing, "")]
    unknown = {key for keys in lists for key in keys} - set(HEADS)
    if unknown:
        raise DataError(f"{name}: unknown label {min(unknown)!r} in column 'labels'; allowed are {', '.join(HEADS)}")
    labels = {head: pd.Series([int(head in keys) for keys in lists], column.index, "Int8").mask(missing) for head in HEADS}
    return pd.DataFrame(labels)


def _label_keys(value: Any) -> list[str]:
    keys = value.split(";") if isinstance(value, str) else list(value) if isinstance(value, Iterable) else []
    return [key for key in (str(key).strip() for key in keys) if key]


def _label_column(column: pd.Series, name: str) -> pd.Series:
    import pandas as pd

    words = [LABEL_WORDS.get(label.strip().lower(), label) if isinstance(label, str) else label for label in column]
    given = pd.Series(words, column.index, object)  # of another kind it may not hold a lone surrogate
    numbers = pd.to_numeric(given, errors="coerce")
    wrong = ~(given.isna() | numbers.isin((0, 1)))
    if wrong.any():
        row = wrong.idxmax()
        raise DataError(f"{name}: column {column.name!r} has {column[row]!r} in row {row}; allowed are 0, 1 and missing")
    return numbers.astype("Int8")


# ---------------------------------------------------------------------------------------------------------- splits


def text_key(text: str) -> str:
    """What two texts share when they are the same but for case, signs, spaces and emoji.

    Examples
    --------
    >>> text_key("Thank YOU!! \\N{SMILING FACE WITH SUNGLASSES}") == text_key("thank you")
    True
    """
    folded = fold(text)
    letters = " ".join(token for token in tokens(folded) if token[0].isalnum() and token[0] < "\u2000")
    return letters or folded.strip() or text


def group_comments(comments: pd.DataFrame) -> NDArray[np.object_]:
    """Name the group of each comment: equal texts, and texts written from one another, share a group.

    The name is the smallest digest of the texts in the group, so it does not depend on the order of the rows.

    Returns
    -------
    (n_comments,) array of str
    """
    import pandas as pd
    from scipy.sparse import coo_matrix
    from scipy.sparse.csgraph import connected_components

    digests = np.array([_digest(text_key(text)) for text in comments["text"]], dtype=object)
    paired = comments["source"].map(lambda source: source_registry().get(source, {"pairs": True}).get("pairs", False))
    pairs = np.where(paired & (comments["group"] != ""), comments["source"] + "/" + comments["group"], digests)
    text_codes, pair_codes = pd.factorize(digests)[0], pd.factorize(pairs)[0]
    n_texts = text_codes.max(initial=-1) + 1
    size = n_texts + pair_codes.max(initial=-1) + 1
    links = coo_matrix((np.ones(len(digests)), (text_codes, n_texts + pair_codes)), shape=(size, size))
    component = pd.Series(connected_components(links, directed=False)[1][text_codes])
    return pd.Series(digests).groupby(component).transform("min").to_numpy(dtype=object)


def _digest(key: str) -> str:
    return hashlib.blake2b(key.encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()


def split_comments(comments: pd.DataFrame, share: float = 0.2, *, salt: str = "") -> tuple[pd.DataFrame, pd.DataFrame]:
    """Split comments in two so that no group stands on both sides; a comment keeps its side when others than of its own group are added.

    Parameters
    ----------
    comments : frame
        As `load_comments` returns it.
    share : float
        The share that goes to the second part, between 0 and 1.
    salt : str
        Another word gives another split.

    Returns
    -------
    (frame, frame)

    Examples
    --------
    >>> import pandas as pd
    >>> comments = load_comments(pd.DataFrame({"text": [f"comment {i // 2 * 'a'}" for i in range(100)]}))
    >>> train, test = split_comments(comments, 0.3)
    >>> len(train) + len(test), set(train.text) & set(test.text)
    (100, set())
    """
    if not 0 < share < 1:
        raise DataError(f"share is {share}; it must lie between 0 and 1")
    places = stable_fractions(group_comments(comments), salt)
    return comments[places >= share], comments[places < share]


def stable_fractions(groups: Iterable[str], salt: str = "") -> NDArray[np.float64]:
    """A number from 0 to 1 for each group name that never changes, shape (n_groups,)."""
    return np.array([int(_digest(f"{salt}/{group}"), 16) / 2**64 for group in groups])
