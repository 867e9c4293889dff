"""Comments and posts as callers hand them over, checked: what is no text is refused, never guessed at."""

from __future__ import annotations

from collections.abc import Sequence

from ..exceptions import DataError


def check_texts(X: Sequence[str]) -> list[str]:
    """Comments as a list of str, or an error that names the first row that is not text.

    Examples
    --------
    >>> check_texts(["fine", None])
    Traceback (most recent call last):
        ...
    social_guard.exceptions.DataError: row 1 of X is NoneType, not text; drop or fill the rows without a comment
    """
    if isinstance(X, str | bytes):
        raise DataError("X is one text; give a list of texts")
    if getattr(X, "ndim", 1) != 1:
        raise DataError(f"X has {X.ndim} dimensions; give one column of texts")  # type: ignore[attr-defined]
    texts = X.tolist() if hasattr(X, "tolist") else list(X)
    for row, text in enumerate(texts):
        if not isinstance(text, str):
            kind = type(text).__name__
            raise DataError(f"row {row} of X is {kind}, not text; drop or fill the rows without a comment")
    return texts


def check_posts(posts: Sequence[str] | None, length: int) -> list[str] | None:
    """Posts as a list of str, one for each comment, or an error that says what is wrong.

    Examples
    --------
    >>> check_posts(["Car park closed"], 2)
    Traceback (most recent call last):
        ...
    social_guard.exceptions.DataError: there are 1 posts for 2 comments; give one each, empty where it is not known
    """
    if posts is None:
        return None
    given = list(posts)
    wrong = next((row for row, post in enumerate(given) if not isinstance(post, str)), None)
    if wrong is not None:
        raise DataError(f"post {wrong} is {type(given[wrong]).__name__}, not text; give an empty one where it is not known")
    if len(given) != length:
        raise DataError(f"there are {len(given)} posts for {length} comments; give one each, empty where it is not known")
    return given
