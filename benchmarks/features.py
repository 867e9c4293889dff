"""What each idea for the features is worth: kinds of unit tried, kept or left out, with the figures.

*Own*: mean average precision of the categories on our own comments, each judged by a model that never saw its writer.
*Foreign*: mean AUC on open public sources, each held out in turn. All variants have the same comments and folds.

    python benchmarks/features.py --corpora ../shared/corpora
"""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pandas as pd
from holdout import markdown
from joblib import Parallel, delayed
from recipe import asked_for, foreign_area, held_out_pairs, own_precision
from scipy import sparse
from word_classes import induce_word_classes

from social_guard.categories import CATEGORIES
from social_guard.model.matrix import (
    CommentMatrix,
    CountedComments,
    assemble,
    choose_vocabulary,
    count_units,
)
from social_guard.model.scorer import inverse_frequency
from social_guard.training import Recipe
from social_guard.words import text
from social_guard.words.groups import NAMES, group_names
from social_guard.words.lexicon import Lexicon
from social_guard.words.marks import END, MARKS, NAME, SHOUT, START
from social_guard.words.text import EMAIL, LINK, TOKEN_LENGTH, USER, fold, tokens

ROOT = Path(__file__).resolve().parents[1]
LEAST = 5
CLASSES = (300, 1500)
TITLES = {"sister", "nurse", "doctor", "dr", "matron", "mr", "mrs", "miss", "ms", "prof", "professor"}
SECOND_PERSON = ("u", "ur", "ya", "your", "yours", "yourself", "yourselves", "you're", "youre", "you've", "you'll", "you'd")
HEAD = """\
# Kinds of features, tried

Written by `benchmarks/features.py`. *Own*: mean average precision of the categories on our own comments, each judged by a
model that never saw its writer. *Foreign*: mean AUC on open public sources, each held out in turn. The form that ships is
marked; every other row differs from it in what its name says."""


@dataclass(frozen=True)
class Variant:
    """One form of the features, with its settings."""

    name: str
    matrix: CommentMatrix
    C: float = Recipe.C
    ratio_power: float = Recipe.ratio_power


def build(counted: CountedComments, groups: np.ndarray, max_grams: int = Recipe.max_grams) -> CommentMatrix:
    """The form that ships, or that without n-grams."""
    return assemble(counted, choose_vocabulary(counted, Recipe(max_grams=max_grams).sizes, groups))


def with_units(matrix: CommentMatrix, found: sparse.csr_matrix, scale: float = 0.7) -> CommentMatrix:
    """A matrix with one more block of units, given which comment holds which."""
    found = found.tocsr()
    found.data[:] = 1
    common = np.flatnonzero(found.getnnz(axis=0) >= LEAST)
    common = np.sort(common[np.argsort(-found.getnnz(axis=0)[common], kind="stable")[: Recipe.max_words]])
    block = found[:, common]
    values = inverse_frequency(block.getnnz(axis=0).astype(np.int32), block.shape[0])
    values *= scale / np.sqrt(np.mean(block @ values**2))
    split = matrix.words.shape[1]
    return replace(
        matrix,
        words=sparse.hstack([matrix.words, block], format="csr"),
        values=np.concatenate([matrix.values[:split], values, matrix.values[split:]]),
    )._with_lengths()


def indicator(lists: Iterable[Sequence[str]]) -> sparse.csr_matrix:
    """Which list holds which key."""
    index: dict[str, int] = {}
    cells = [(row, index.setdefault(key, len(index))) for row, keys in enumerate(lists) for key in dict.fromkeys(keys)]
    rows, columns = np.array(cells).T
    return sparse.coo_matrix((np.ones(len(rows)), (rows, columns))).tocsr()


def pairs_of_classes(counted: CountedComments, classes: dict[str, tuple[str, ...]]) -> sparse.csr_matrix:
    """Neighbours by their fine word class, where they have one."""
    pairs = (key.split(" ") for key in counted.pair_keys)
    return counted.pairs @ indicator([" ".join(classes.get(word, (word,))[-1] for word in pair)] for pair in pairs)


def sequences(texts: Sequence[str], units: Callable[[list[str]], Iterable[str]]) -> sparse.csr_matrix:
    """Units made of the tokens of each comment in order."""
    return indicator([*units(tokens(fold(text))), "any"] for text in texts)


def skips(found: list[str]) -> list[str]:
    """Pairs of tokens with one token between them."""
    return [f"{a} _ {b}" for a, b in zip(found, found[2:], strict=False)]


def triples(found: list[str]) -> list[str]:
    """Three tokens in a row."""
    return [" ".join(three) for three in zip(found, found[1:], found[2:], strict=False)]


def money(found: list[str]) -> list[str]:
    """Whether a sum of money is named."""
    return ["‹money›"] if any(a in {"$", "£", "€"} and b[0] == "0" for a, b in pairwise(found)) else []


def negations(found: list[str]) -> list[str]:
    """Tokens up to three places after a negation."""
    negative = {"not", "no", "never", "nobody", "don't", "didn't", "isn't", "wasn't", "can't", "won't", "without", "stop"}
    return [f"not {b}" for i, a in enumerate(found) if a in negative for b in found[i + 1 : i + 4]]


def without(counted: CountedComments, left_out: Container[str]) -> CountedComments:
    """The counted comments without some tokens and the pairs of which they are part."""
    tokens = [i for i, key in enumerate(counted.token_keys) if key not in left_out]
    pairs = [i for i, key in enumerate(counted.pair_keys) if not any(word in left_out for word in key.split(" "))]
    return CountedComments(
        counted.tokens[:, tokens],
        counted.names[:, tokens],
        tuple(counted.token_keys[i] for i in tokens),
        counted.pairs[:, pairs],
        tuple(counted.pair_keys[i] for i in pairs),
    )


def replaced(counted: CountedComments, new: Mapping[str, str]) -> CountedComments:
    """Some words replaced by what they have in common, in tokens and pairs, and with them their n-grams."""
    token_keys = [new.get(key, key) for key in counted.token_keys]
    pair_keys = [" ".join(new.get(word, word) for word in key.split(" ")) for key in counted.pair_keys]
    (tokens, names), (names_of, _) = (_merged(block, token_keys) for block in (counted.tokens, counted.names))
    return CountedComments(tokens, names_of, names, *_merged(counted.pairs, pair_keys))


def characteristics() -> dict[str, str]:
    """Names of groups of one word, and the characteristic."""
    return {name: f"‹{key}›" for key, forms in group_names().items() for names in forms.values() for name in names if name in NAMES}


@contextmanager
def names_as_written() -> Iterator[None]:
    """Names of groups read as any other word, in what is counted meanwhile."""
    kept = dict(NAMES)
    NAMES.clear()
    text._PIECES.clear()
    try:
        yield
    finally:
        NAMES.update(kept)
        text._PIECES.clear()


def people(counted: CountedComments) -> dict[str, str]:
    """Words that are written like a name more often than not."""
    return {counted.token_keys[i]: "‹person›" for i in np.flatnonzero(counted.mostly_names).tolist()}


def staff(counted: CountedComments) -> CountedComments:
    """A title and a name behind it are one class of pairs, whoever it is and whatever the title."""
    named, pairs = people(counted), (key.split(" ") for key in counted.pair_keys)
    keys = ["‹staff›" if left in TITLES and (right == NAME or right in named) else f"{left} {right}" for left, right in pairs]
    return replace(counted, pairs=_merged(counted.pairs, keys)[0], pair_keys=tuple(dict.fromkeys(keys)))


def _merged(found: sparse.csr_matrix, keys: Sequence[str]) -> tuple[sparse.csr_matrix, tuple[str, ...]]:
    distinct = list(dict.fromkeys(keys))
    merged = (found @ indicator([key] for key in keys)).tocsr()
    merged.data[:] = 1
    return merged, tuple(distinct)


def variants(rows: pd.DataFrame) -> Iterable[Variant]:
    """The form that ships and what was tried beside it."""
    texts, by = rows["text"].tolist(), rows["unit"].to_numpy()
    counted = count_units(texts, Recipe.min_df)
    classes = induce_word_classes(texts, CLASSES, min_df=Recipe.min_df)
    ships = build(counted, by)
    of_words = counted.tokens @ indicator([*classes.get(key, ()), "any"] for key in counted.token_keys)
    classed = with_units(ships, of_words, 0.5)
    yield Variant("**ships: words, pairs, marks, n-grams; names of groups read as one; log-ratio scaling**", ships)
    yield Variant("no log-ratio scaling", ships, ratio_power=0.0)
    yield Variant("and word classes", classed)
    yield Variant("and word classes, no log-ratio scaling", classed, ratio_power=0.0)
    yield Variant("word classes alone, without the words that have one", with_units(build(without(counted, classes), by), of_words, 0.5))
    yield Variant("no marks", build(without(counted, MARKS), by))
    yield Variant("no marks of names", build(without(counted, {NAME}), by))
    yield Variant("no marks of length", build(without(counted, MARKS - {START, END, NAME, SHOUT}), by))
    yield Variant("no character n-grams", build(counted, by, max_grams=0))
    yield Variant("nothing seen through: no leet, masks, slips, spaces", build(count_units(texts, Recipe.min_df, known=Lexicon()), by))
    yield Variant("no links, addresses and user names", build(without(counted, {LINK, EMAIL, USER}), by))
    yield Variant("no numbers of five digits and more", build(without(counted, {"0" * n for n in range(5, TOKEN_LENGTH + 1)}), by))
    with names_as_written():
        written = count_units(texts, Recipe.min_df)
    yield Variant("names of groups as they are written", build(written, by))
    yield Variant("names of groups read as the characteristic", build(replaced(written, characteristics()), by))
    yield Variant("words that one person uses, and rare names, too", build(counted, np.arange(len(rows))))
    yield Variant("names of people replaced by one class", build(replaced(counted, people(counted)), by))
    yield Variant("a title with a name replaced by one class", build(staff(counted), by))
    yield Variant("all words of the second person replaced by one", build(replaced(counted, dict.fromkeys(SECOND_PERSON, "you")), by))
    yield Variant("and a mark where money is named", with_units(ships, sequences(texts, money)))
    yield Variant("and pairs of word classes", with_units(ships, pairs_of_classes(counted, classes)))
    yield Variant("and three tokens in a row", with_units(ships, sequences(texts, triples)))
    yield Variant("and pairs with a gap", with_units(ships, sequences(texts, skips)))
    yield Variant("and tokens after a negation", with_units(ships, sequences(texts, negations), 0.4))


def measure(variant: Variant, rows: pd.DataFrame, parallel: Parallel) -> dict[str, object]:
    """One row of the table."""
    weight = np.where(rows["own"], Recipe.own_weight, 1.0)
    settings = {"C": variant.C, "ratio_power": variant.ratio_power}
    own = parallel(delayed(own_precision)(rows, variant.matrix, key, weight, **settings) for key in CATEGORIES)
    pairs = held_out_pairs(rows[~rows["own"]])
    foreign = parallel(delayed(foreign_area)(rows, variant.matrix, pair, weight, **settings) for pair in pairs)
    return {"features": variant.name, "own": np.mean(own), "foreign": np.mean(foreign)} | dict(zip(CATEGORIES, own, strict=True))


def main() -> None:
    rows, jobs = asked_for(__doc__)
    table = []
    with Parallel(n_jobs=jobs) as parallel:
        for variant in variants(rows):
            table.append(measure(variant, rows, parallel))
            print(table[-1], flush=True)
    frame = pd.DataFrame(table).set_index("features")
    size = f"Measured with {int(rows['own'].sum()):,} comments of our own and {int((~rows['own']).sum()):,} public ones."
    (ROOT / "docs" / "figures" / "features.md").write_text("\n\n".join([HEAD, size, markdown(frame.reset_index())]) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
