"""Many comments at once: scored and decided on, and the columns of frames, Arrow tables and data sets."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from ..categories import CATEGORIES
from ..exceptions import DataError
from ..model.scorer import Scorer, Weights, to_probability
from ..policy.decide import Decision, DecisionTable
from ..policy.settings import Action, Policy
from .chunks import BLOCK
from .tables import NewColumns, arrow_columns

if TYPE_CHECKING:
    import datasets
    import pandas as pd

    Dataset = TypeVar("Dataset", datasets.Dataset, datasets.IterableDataset)

DECISION_COLUMNS = ("action", "automatic", "needs_review", "category", "categories", "signposts", "error")


class BatchScorer:
    """A scorer and a policy: comments in, the new columns out.

    Parameters
    ----------
    scorer : Scorer
    table : DecisionTable
    """

    def __init__(self, scorer: Scorer, table: DecisionTable) -> None:
        self._scorer, self._table = scorer, table
        self._scored = [(i, head) for i, head in enumerate(scorer.weights.heads) if head in CATEGORIES]

    @property
    def names(self) -> list[str]:
        """The names of the new columns."""
        return [*(f"score_{head}" for _, head in self._scored), *DECISION_COLUMNS]

    def columns(self, texts: Sequence[Any], posts: Sequence[Any] | None = None) -> NewColumns:
        """The new columns for comments of any number, each of shape (n_texts,); ``posts`` is what each of them answers.

        A comment that cannot be scored has ``error`` set, NaN for scores, None for ``action`` and true for ``needs_review``.
        """
        cuts = [slice(start, start + BLOCK) for start in range(0, max(len(texts), 1), BLOCK)]
        blocks = [self._block(_as_list(texts[cut]), None if posts is None else _as_list(posts[cut])) for cut in cuts]
        return {name: np.concatenate([block[name] for block in blocks]) for name in self.names}

    def _block(self, texts: list[Any], posts: list[Any] | None) -> NewColumns:
        errors = np.array([_text_error(text) for text in texts], object)
        if posts is not None:
            errors = np.array([error or _post_error(post) for error, post in zip(errors, posts, strict=True)], object)
            posts = [post if isinstance(post, str) else "" for post in posts]
        bad = errors.astype(bool)
        readable = ["" if error else text for text, error in zip(texts, errors, strict=True)]
        probability = to_probability(self._scorer.log_odds(readable, posts))
        decisions, which = self._table.decide_many(np.where(bad[:, None], 0.0, probability), readable)
        probability[bad], which[bad] = np.nan, len(decisions)
        rows = [*map(_decision_cells, decisions), _UNSCORED]
        cells = [np.array(values, object)[which] for values in zip(*rows, strict=True)]
        scores = {f"score_{head}": probability[:, i] for i, head in self._scored}
        named = scores | dict(zip(DECISION_COLUMNS, [*cells, errors], strict=True))
        return named | {"needs_review": named["needs_review"].astype(bool)}

    def check(self, columns: Iterable[str], text: str, where: str = "", *, post: str | None = None) -> None:
        """Refuse input that lacks a column that is read, has two of one name, or already has one of the new columns."""
        columns = list(columns)
        repeated = [name for name, count in Counter(columns).items() if count > 1]
        if repeated:
            raise DataError(f"{where}more than one column is named {' and '.join(repeated)}; rename them, or leave all but one out")
        for name, held in ((text, "comments"), (post, "posts")):
            if name is not None and name not in columns:
                names = ", ".join(columns)
                raise DataError(f"{where}there is no column {name!r}; the columns are {names}: name the one with the {held}")
        self.check_clashes(columns, where)

    def check_clashes(self, columns: Iterable[str], where: str = "") -> None:
        """Refuse input that already has one of the new columns."""
        given = set(columns)
        clashes = [name for name in self.names if name in given]
        if clashes:
            raise DataError(f"{where}the columns {', '.join(clashes)} exist already; rename them, or score it without them")

    def __reduce__(self) -> tuple[Callable[[Weights, Policy], BatchScorer], tuple[Weights, Policy]]:
        """Travels to another process as weights and policy; caches are made anew there."""
        return _make_batch_scorer, (self._scorer.weights, self._table.policy)


def _make_batch_scorer(weights: Weights, policy: Policy) -> BatchScorer:
    return BatchScorer(Scorer(weights), DecisionTable(policy, weights.heads))


_UNSCORED = (None, str(Action.NONE), True, None, "", "")


def _decision_cells(decision: Decision) -> tuple[Any, ...]:
    first = decision.categories[0] if decision.categories else None
    categories, signposts = ";".join(decision.categories), ";".join(decision.signposts)
    return str(decision.action), str(decision.automatic), decision.needs_review, first, categories, signposts


def _as_list(values: Any) -> list[Any]:
    """Whatever holds them, as objects of Python: the one copy that is made of a text."""
    to_list = getattr(values, "to_pylist", None) or getattr(values, "tolist", None)
    return to_list() if to_list else list(values)


def _text_error(text: Any) -> str | None:
    if isinstance(text, str):
        return None
    return "no text" if _is_missing(text) else f"{type(text).__name__}, not text"


def _post_error(post: Any) -> str | None:
    """A post may be missing; a number is no post, but the sign of a wrong column."""
    return None if isinstance(post, str) or _is_missing(post) else f"the post is {type(post).__name__}, not text"


def _is_missing(value: Any) -> bool:
    if value is None:
        return True
    import pandas as pd

    return bool(pd.api.types.is_scalar(value) and pd.isna(value))


# --------------------------------------------------------------------------------------------------------- columns


def score_frame(scorer: BatchScorer, frame: pd.DataFrame, text: str = "text", post: str | None = None) -> pd.DataFrame:
    """Score every row of a frame.

    Parameters
    ----------
    scorer : BatchScorer
    frame : pandas.DataFrame
        Its text may be of any type of pandas, also kept by Arrow.
    text : str
        The column that holds the comments.
    post : str, optional
        The column with the posts that they answer; a missing one changes nothing.

    Returns
    -------
    pandas.DataFrame
        The new columns only, with the index of ``frame``. A row that cannot be scored has ``error`` set, ``action``
        missing and ``needs_review`` true.

    Raises
    ------
    DataError
        When the column is missing, two have one name, or a column has the name of a new one.
    """
    import pandas as pd

    scorer.check(map(str, frame.columns), text, post=post)
    posts = None if post is None else frame[post].array
    return pd.DataFrame(scorer.columns(frame[text].array, posts), index=frame.index)


def score_batch(
    scorer: BatchScorer, batch: Mapping[str, Any], text: str = "text", post: str | None = None
) -> dict[str, list[Any]]:
    """Score a batch of rows that is a dict of columns: lists, arrays of numpy or of Arrow.

    Parameters
    ----------
    scorer, text, post
        As `score_frame`.
    batch : mapping

    Returns
    -------
    dict of str to list
        The new columns only; None for a missing value.

    Raises
    ------
    DataError
        As `score_frame`.
    """
    scorer.check(batch, text, post=post)
    columns = scorer.columns(batch[text], None if post is None else batch[post])
    return {name: column.to_pylist() for name, column in arrow_columns(columns).items()}


def score_arrow(scorer: BatchScorer, table: Any, text: str = "text", post: str | None = None) -> Any:
    """Score the rows of an Arrow table or record batch.

    Parameters
    ----------
    scorer : BatchScorer
    table : pyarrow.Table or pyarrow.RecordBatch
    text, post : str
        As `score_frame`.

    Returns
    -------
    pyarrow.Table or pyarrow.RecordBatch
        As given, the new columns only.

    Raises
    ------
    DataError
        As `score_frame`.
    """
    scorer.check(table.schema.names, text, post=post)
    columns = scorer.columns(table.column(text), None if post is None else table.column(post))
    return type(table).from_pydict(arrow_columns(columns))


def score_dataset(scorer: BatchScorer, dataset: Dataset, text: str = "text", post: str | None = None, **options: Any) -> Dataset:
    """Map a Hugging Face data set, in memory or streamed, with the types of the new columns said beforehand.

    Without them, ``map`` takes a column that is empty in the first rows for one that is always empty, and fails later.

    Parameters
    ----------
    scorer : BatchScorer
    dataset : datasets.Dataset or datasets.IterableDataset
    text, post : str
        As `score_frame`.
    **options
        Of ``map``, e.g. ``num_proc=2``.

    Returns
    -------
    datasets.Dataset or datasets.IterableDataset
        With all its columns, and the new ones behind them.
    """
    import datasets
    import pyarrow as pa

    features = dataset.features
    if features is not None:
        scorer.check(features, text, post=post)
        new = pa.table(arrow_columns(scorer.columns([]))).schema
        features = datasets.Features({**features, **datasets.Features.from_arrow_schema(new)})
    return dataset.map(partial(score_batch, scorer, text=text, post=post), batched=True, features=features, **options)
