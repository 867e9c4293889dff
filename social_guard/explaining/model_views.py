"""The whole model, term by term: what it weighs for and against a category, and which sources taught it that."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import chain
from typing import TYPE_CHECKING

import numpy as np

from ..arrays import Integers
from ..exceptions import DataError
from ..model.features import char_ngrams, unit_keys
from ..model.scorer import Block, Scorer, Weights

if TYPE_CHECKING:
    import pandas as pd

KINDS = ("word", "pair", "gram")


def token_parts(weights: Weights, token: str) -> Iterator[tuple[str, str, Integers]]:
    """The features of a token that the model knows: kind, name, and values on the grid of the steps, shape (n_heads,)."""
    blocks: tuple[tuple[str, Block, Sequence[str]], ...] = (
        ("word", weights.words, [token]),
        ("gram", weights.grams, sorted(char_ngrams(token))),
    )
    for kind, block, names in blocks:
        for name in names:
            if name in block.index:
                yield kind, name, block.values[block.index[name]].astype(np.int64)


def strongest_terms(weights: Weights, head: str, most: int = 20, *, kind: str | None = None) -> pd.DataFrame:
    """What the model weighs most for and against a head.

    Parameters
    ----------
    weights : Weights
    head : str
    most : int
        How many terms to list.
    kind : {"word", "pair", "gram"}, optional
        List these alone: tokens, pairs of neighbouring tokens, character n-grams of tokens.

    Returns
    -------
    pandas.DataFrame
        ``term``, ``kind``, ``weight``, ``comments``: the weight is what the term adds to the log-odds of a
        comment whose length norm is 1; ``comments`` is how many training comments hold it.

    Raises
    ------
    DataError
        When there is no such head or kind.

    Examples
    --------
    >>> from social_guard import SocialGuard
    >>> terms = SocialGuard.load().strongest_terms("offensive_language", 3, kind="pair")
    >>> terms["kind"].tolist(), all(" " in term for term in terms["term"])
    (['pair', 'pair', 'pair'], True)
    """
    import pandas as pd

    if head not in weights.heads:
        raise DataError(f"the model has no head {head!r}; it has {', '.join(weights.heads)}")
    if kind not in (None, *KINDS):
        raise DataError(f"{kind!r} is no kind of term: allowed are {', '.join(KINDS)}")
    h = weights.heads.index(head)
    frames = [_block_terms(name, block, h) for name, block in zip(("word", "gram"), weights.blocks, strict=True)]
    terms = pd.concat(frames, ignore_index=True)
    terms["weight"] *= weights.steps[h]
    if kind is not None:
        terms = terms[terms["kind"] == kind]
    order = terms["weight"].abs().sort_values(ascending=False, kind="stable").index[:most]
    return terms.loc[order].reset_index(drop=True)


def _block_terms(kind: str, block: Block, h: int) -> pd.DataFrame:
    import pandas as pd

    kinds = ["pair" if kind == "word" and " " in key else kind for key in block.keys]
    columns = {"term": block.keys, "kind": kinds, "weight": block.values[:, h].astype(float), "comments": block.frequencies}
    return pd.DataFrame(columns)


def term_sources(weights: Weights, comments: pd.DataFrame, head: str, terms: Sequence[str]) -> pd.DataFrame:
    """Which sources of training comments support some terms of a head.

    Parameters
    ----------
    weights : Weights
    comments : pandas.DataFrame
        Labelled comments with the columns ``text``, ``source`` and the head, as `files.data.load_comments` gives them.
    head : str
    terms : sequence of str
        Tokens, pairs or character n-grams, as `strongest_terms` lists them.

    Returns
    -------
    pandas.DataFrame
        ``term``, ``source``, ``comments`` (with a known label that hold the term), ``positive`` (how many of these belong
        to the category), ``share`` and ``usual_share`` (of positives among all known comments of the source); the source
        with most positives first.

    Raises
    ------
    DataError
        When a column is missing.
    """
    import pandas as pd

    missing = [column for column in ("text", "source", head) if column not in comments]
    if missing:
        raise DataError(f"the comments lack the columns {', '.join(missing)}; load them with load_comments")
    known = comments[comments[head].notna()]
    positive = (known[head] == 1).astype(float)
    usual = positive.groupby(known["source"]).mean()
    holding = _holding(weights, known["text"].tolist(), terms)
    frames = []
    for t, term in enumerate(terms):
        groups = positive[holding[:, t]].groupby(known.loc[holding[:, t], "source"])
        counted = groups.agg(["size", "sum", "mean"]).set_axis(["comments", "positive", "share"], axis=1).astype(float)
        counted = counted.astype({"comments": int, "positive": int}).sort_values("positive", ascending=False, kind="stable")
        frames.append(counted.assign(term=term, usual_share=usual.reindex(counted.index)).rename_axis("source").reset_index())
    columns = ["term", "source", "comments", "positive", "share", "usual_share"]
    return pd.concat(frames, ignore_index=True)[columns] if frames else pd.DataFrame(columns=columns)


def _holding(weights: Weights, texts: Sequence[str], terms: Sequence[str]) -> np.ndarray:
    """Which comment holds which term, shape (n_comments, n_terms)."""
    known = Scorer(weights).known
    result = np.zeros((len(texts), len(terms)), bool)
    for i, text in enumerate(texts):
        tokens, pairs = unit_keys(text, known)
        held = {*tokens, *pairs, *chain.from_iterable(map(char_ngrams, tokens))}
        result[i] = [term in held for term in terms]
    return result
