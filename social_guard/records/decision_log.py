"""The decision log: every decision, and what people made of it, as lines of a chain that cannot be altered unseen (`chain`).

A decision holds a keyed hash of the comment's text, so that it can be shown later which words were judged without keeping
them. What a reviewer or an appeal decides comes as a later line with the same comment id.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Self

import msgspec

from ..categories import CATEGORIES
from ..exceptions import DataError, LogError
from ..policy.decide import Decision
from ..policy.settings import Action
from .chain import Chain, read_chain
from .keys import Key, check_id

if TYPE_CHECKING:
    import pandas as pd

ACTIONS = tuple(map(str, Action))
DIGITS = 6
"""Of the scores that are kept."""


class DecisionLog:
    """Writes decisions; one process at a time for each folder.

    Parameters
    ----------
    folder : path
        Made if it does not exist.
    key : Key
        For the hashes of the texts; never stored.
    model : str
        The hash of the model: ``guard.model_hash``.
    policy_text : str
        The policy file, of which the hash is kept: ``guard.policy_text``.
    keep_text : bool
        Keep the words of every comment too, as they are. They may name people: decide who may read the log, and for how
        long it is kept.
    **options
        Of `records.chain.Chain`: ``max_bytes``, ``clock``.

    Raises
    ------
    LogError
        When another process writes to the folder, or the log in it is faulty.
    OutputError
        When the folder cannot be written.

    Examples
    --------
    >>> import tempfile
    >>> from social_guard.records.chain import verify
    >>> decision = Decision(Action.HIDE, Action.HIDE, False, ("spam",), (), (), {"spam": 0.91})
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     with DecisionLog(folder, Key(b"an example key, not one to be used")) as log:
    ...         log.append("comment 1", "Buy now at shop.example.com", decision)
    ...         log.review("comment 1", "hide", ["spam"])
    ...     verify(folder).ok, read_decisions(folder)[["comment", "action", "outcome"]].values.tolist()
    (True, [['comment 1', 'hide', 'hide']])
    """

    def __init__(
        self, folder: str | Path, key: Key, *, model: str = "", policy_text: str = "", keep_text: bool = False, **options: Any
    ) -> None:
        self._key = key
        self._keep_text = keep_text
        self._made_by = {"model": model, "policy": hashlib.sha256(policy_text.encode()).hexdigest() if policy_text else ""}
        self._chain = Chain(folder, **options)

    @property
    def head(self) -> str:
        """Number and hash of the last line: keep it elsewhere, and give it to `records.chain.verify`."""
        return str(self._chain.head)

    @property
    def recovered(self) -> int | None:
        """Bytes of a line, half-written in a crash, that were taken off when the log was opened."""
        return self._chain.recovered

    def append(self, comment: str, text: str, decision: Decision) -> None:
        """Log the decision on one comment; it is on the disk when this returns.

        Raises
        ------
        DataError
            When ``comment`` is not an id.
        OutputError
            When it cannot be written.
        """
        outcome = {
            "action": str(decision.action),
            "automatic": str(decision.automatic),
            "needs_review": decision.needs_review,
            "reasons": list(decision.review_codes),
            "categories": list(decision.categories),
            "signposts": list(decision.signposts),
        }
        self._chain.append([self._decision(comment, text, decision.scores) | outcome])

    def append_frame(self, frame: pd.DataFrame, *, comment: str = "id", text: str = "text") -> None:
        """Log many decisions at once: a frame with the columns of `SocialGuard.score_frame` beside ids and texts.

        A column ``review_codes``, joined by ``;``, gives the reasons for review where there is one.

        Raises
        ------
        DataError
            When a column is missing or a comment has no id; nothing is written then.
        OutputError
            When they cannot be written.
        """
        wanted = [comment, text, "action", "automatic", "needs_review", "categories", "signposts", "error"]
        missing = [name for name in wanted if name not in frame.columns]
        if missing:
            raise DataError(f"there is no column {missing[0]!r}; join the columns of score_frame to those of the comments")
        rows = frame.astype(object).where(frame.notna(), None).to_dict("records")
        self._chain.append([self._row(row, row[comment], row[text]) for row in rows])

    def review(self, comment: str, action: Action | str, categories: Iterable[str] | None = None) -> None:
        """Log what a person decided.

        Parameters
        ----------
        comment : str
        action : Action or str
            What becomes of the comment; ``none`` says that it breaches nothing.
        categories : iterable of str, optional
            All that it breaches. Without them, the same action confirms the categories of the decision.
        """
        self._outcome("review", comment, str(action), categories)

    def appeal(self, comment: str, action: Action | str, categories: Iterable[str] | None = None) -> None:
        """Log what an appeal came to; it goes before any review."""
        self._outcome("appeal", comment, str(action), categories)

    def _outcome(self, kind: str, comment: str, action: str, categories: Iterable[str] | None) -> None:
        given = None if categories is None else sorted(set(categories))
        for value, what, allowed in [(action, "action", ACTIONS), *((c, "categories", tuple(CATEGORIES)) for c in given or ())]:
            if value not in allowed:
                raise DataError(f"{what} has {value!r}: allowed are {', '.join(allowed)}")
        self._chain.append([{"kind": kind, "comment": check_id(comment, "comment"), "action": action, "categories": given}])

    def _decision(self, comment: Any, text: Any, scores: Any) -> dict[str, Any]:
        words = text if isinstance(text, str) else None
        return {
            "kind": "decision",
            "comment": check_id(comment, "comment"),
            "text": None if words is None else self._key.pseudonym("text", words),
            **({"words": words} if self._keep_text else {}),
            **self._made_by,
            "scores": {category: round(score, DIGITS) for category, score in scores.items()},
        }

    def _row(self, row: dict[str, Any], comment: Any, text: Any) -> dict[str, Any]:
        scores = {key: row[f"score_{key}"] for key in CATEGORIES if row.get(f"score_{key}") is not None}
        reasons = _split(row.get("review_codes")) if row["error"] is None else ["unscored"]
        outcome = {
            "action": row["action"],
            "automatic": row["automatic"],
            "needs_review": bool(row["needs_review"]),
            "reasons": reasons,
            "categories": _split(row["categories"]),
            "signposts": _split(row["signposts"]),
        }
        return self._decision(comment, text, scores) | outcome | ({"error": row["error"]} if row["error"] else {})

    def expire(self, before: datetime) -> list[str]:
        """Delete the segments that hold only lines older than ``before`` (see `records.chain.Chain.expire`); returns their names."""
        return self._chain.expire(before)

    def close(self) -> None:
        """Let another process write."""
        self._chain.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _split(joined: str | None) -> list[str]:
    return joined.split(";") if joined else []


def read_decisions(folder: str | Path) -> pd.DataFrame:
    """The last decision on every comment, with what people made of it.

    Returns
    -------
    pandas.DataFrame
        One row a comment: ``comment``, ``time``, ``text`` (its hash), ``model``, ``policy``, ``action``, ``needs_review``,
        ``reasons`` and ``categories`` (lists), ``score_<category>``, ``outcome`` (an action, or missing) and
        ``outcome_categories`` (a list, or missing). An appeal goes before a review, a later one before an earlier one.

    Raises
    ------
    LogError
        When the log does not verify.
    """
    import pandas as pd

    try:
        decisions, outcomes = _last_lines(read_chain(folder))
    except msgspec.ValidationError as error:
        raise LogError(f"{folder}: its hashes are right, but a line is not as this program writes it ({error})") from error
    rows = [_flat(entry, outcomes.get(comment, {})) for comment, entry in decisions.items()]
    frame = pd.DataFrame(rows, columns=[*COLUMNS, *(f"score_{key}" for key in CATEGORIES), "outcome", "outcome_categories"])
    scores = {f"score_{key}": float for key in CATEGORIES}
    return frame.astype(scores).assign(time=pd.to_datetime(frame["time"], utc=True, format="ISO8601"))


_ActionKey = Annotated[str, msgspec.Meta(pattern=f"^({'|'.join(ACTIONS)})$")]
_CategoryKey = Annotated[str, msgspec.Meta(pattern=f"^({'|'.join(CATEGORIES)})$")]


class _Outcome(msgspec.Struct):
    """What a line of a review or an appeal holds."""

    comment: str
    action: _ActionKey
    categories: list[_CategoryKey] | None


class _Decided(msgspec.Struct):
    """What a line of a decision holds."""

    comment: str
    time: datetime
    text: str | None
    model: str
    policy: str
    action: _ActionKey | None
    needs_review: bool
    reasons: list[str]
    categories: list[_CategoryKey]
    scores: dict[_CategoryKey, float]


COLUMNS = ("comment", "time", "text", "model", "policy", "action", "needs_review", "reasons", "categories")


def _last_lines(entries: Iterator[dict[str, Any]]) -> tuple[dict[str, Any], dict[str, Any]]:
    decisions: dict[str, Any] = {}
    outcomes: dict[str, dict[str, Any]] = {"review": {}, "appeal": {}}
    for entry in entries:
        if entry["kind"] == "decision":
            msgspec.convert(entry, _Decided)
            decisions[entry["comment"]] = entry
        elif entry["kind"] in outcomes:
            msgspec.convert(entry, _Outcome)
            outcomes[entry["kind"]][entry["comment"]] = entry
    return decisions, outcomes["review"] | outcomes["appeal"]


def _flat(entry: dict[str, Any], outcome: dict[str, Any]) -> dict[str, Any]:
    scores = {f"score_{key}": entry["scores"].get(key) for key in CATEGORIES}
    people = {"outcome": outcome.get("action"), "outcome_categories": outcome.get("categories")}
    return {name: entry[name] for name in COLUMNS} | scores | people
