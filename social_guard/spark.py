"""Spark data frames scored with the same guard: past one machine, with the scheduler that is there already."""

from __future__ import annotations

import pickle
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from .exceptions import MissingExtraError
from .guard import SocialGuard

if TYPE_CHECKING:
    from pyspark.sql import DataFrame


def score_spark(guard: SocialGuard, frame: DataFrame, text: str = "text", post: str | None = None) -> DataFrame:
    """Score every row of a Spark data frame; like all of Spark, when the rows are asked for.

    The guard travels with the job and is unpacked once in each Python worker. social_guard must be installed where the
    workers run.

    Parameters
    ----------
    guard : SocialGuard
    frame : pyspark.sql.DataFrame
        Partitions of any number and size.
    text : str
        The column that holds the comments.
    post : str, optional
        The column with the posts that they answer.

    Returns
    -------
    pyspark.sql.DataFrame
        All columns of ``frame``, with those of `SocialGuard.score_frame` behind them.

    Raises
    ------
    DataError
        When the column is missing, or a column has the name of a new one.
    MissingExtraError
        Without pyspark.

    Examples
    --------
    >>> score_spark(SocialGuard.load(), spark.table("comments"))  # doctest: +SKIP
    DataFrame[text: string, score_abuse: double, ...]
    """
    try:
        from pyspark.sql.pandas.types import from_arrow_schema
        from pyspark.sql.types import StructType
    except ImportError as error:
        raise MissingExtraError("Spark data frames need pyspark; run: pip install 'social_guard[spark]'") from error
    import pyarrow as pa

    empty = pa.table({name: pa.array([], pa.string()) for name in frame.columns})
    new = from_arrow_schema(guard.score_arrow(empty, text, post).schema)
    return frame.mapInArrow(_Shipped(pickle.dumps(guard), text, post), StructType([*frame.schema.fields, *new.fields]))


@dataclass(frozen=True)
class _Shipped:
    """A guard on its way to the workers, and what it does there.

    It goes as bytes, so that a worker, which unpickles this for every task, unpacks the guard for the first alone. Spark
    broadcasts a function of this size by itself.
    """

    guard: bytes
    text: str
    post: str | None

    def __call__(self, batches: Iterator[Any]) -> Iterator[Any]:
        guard = _unpacked(self.guard)
        for batch in batches:
            yield _with_columns(batch, guard.score_arrow(batch, self.text, self.post))


@lru_cache(maxsize=2)
def _unpacked(guard: bytes) -> SocialGuard:
    return pickle.loads(guard)


def _with_columns(batch: Any, new: Any) -> Any:
    import pyarrow as pa

    return pa.RecordBatch.from_arrays([*batch.columns, *new.columns], schema=pa.schema([*batch.schema, *new.schema]))
