"""Answers in the shape of Google's Perspective API, for programs that leave it: it closes on 31 December 2026.

The names and the JSON are Perspective's, the scores are ours: what corresponds to what, and what does not, stands in
docs/leaving-perspective.md.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from typing import Any, Literal, Protocol

import msgspec
import numpy as np
from numpy.typing import NDArray

from .arrays import Floats
from .categories import CATEGORIES, NOT_ENGLISH
from .exceptions import RequestError
from .policy.settings import Policy
from .prevalence import shift_prevalence

ATTRIBUTES: dict[str, tuple[str, ...]] = {
    "TOXICITY": ("abuse", "offensive_language", "hate_speech"),
    "SEVERE_TOXICITY": ("abuse", "hate_speech"),
    "IDENTITY_ATTACK": ("hate_speech",),
    "INSULT": ("offensive_language",),
    "PROFANITY": ("offensive_language",),
    "OBSCENE": ("offensive_language",),
    "THREAT": ("abuse",),
    "SPAM": ("spam",),
    "OFF_TOPIC": ("off_topic",),
}
"""Perspective's attributes that can be answered, and our categories that answer: the highest score of them counts."""

PREVALENCE = 0.1
"""The share of comments in a category at which scores are given: about that of the comments that Perspective learnt from."""

Reply = dict[str, Any]


class Guard(Protocol):
    """What is needed of a guard; `SocialGuard` is one."""

    @property
    def heads(self) -> tuple[str, ...]:
        """The columns of the scores."""

    @property
    def policy(self) -> Policy:
        """Holds from which score on a comment is not English."""

    @property
    def manifest(self) -> dict[str, Any]:
        """Holds the share of comments that the scores assume for each category."""

    def scores(self, texts: Sequence[str]) -> Floats:
        """Calibrated probabilities, shape (n_texts, n_heads)."""


# --------------------------------------------------------------------------------------------------------- requests


class _Comment(msgspec.Struct, forbid_unknown_fields=True):
    text: str = ""
    type: Literal["PLAIN_TEXT"] = "PLAIN_TEXT"


class _Attribute(msgspec.Struct, forbid_unknown_fields=True, rename="camel"):
    score_type: Literal["PROBABILITY"] = "PROBABILITY"
    score_threshold: float = 0.0


class _Request(msgspec.Struct, forbid_unknown_fields=True, rename="camel", dict=True):
    comment: _Comment
    requested_attributes: dict[str, _Attribute]
    languages: list[str] = []
    span_annotations: bool = False
    client_token: str | None = None
    do_not_store: bool = True  # nothing is ever stored; this and what follows changes no answer
    session_id: str = ""
    community_id: str = ""
    context: Any = None

    @cached_property
    def spans(self) -> list[tuple[int, int]]:
        """The parts with scores of their own: the sentences where asked for, else the whole."""
        text = self.comment.text
        return [match.span() for match in _SENTENCE.finditer(text)] if self.span_annotations else [(0, len(text))]

    def texts(self) -> list[str]:
        """The whole comment, then its parts."""
        return [self.comment.text, *(self.comment.text[start:end] for start, end in self.spans)]


_SENTENCE = re.compile(r"\S.*?(?:(?<![.!?])[.!?]++(?=\s|$)|(?=\r?$))", re.MULTILINE)


def _parse(request: Any, attributes: Mapping[str, Any]) -> _Request:
    """A request that can be answered, but for a language that is not English and not named."""
    try:
        parsed = msgspec.convert(request, _Request)
    except msgspec.ValidationError as error:
        raise _refusal(f"Invalid request: {error}") from error
    if not parsed.comment.text.strip():
        raise _refusal("Comment must be non-empty.", "COMMENT_EMPTY")
    unknown = [name for name in parsed.requested_attributes if name not in attributes]
    if unknown or not parsed.requested_attributes:
        asked = f"Attributes that cannot be answered: {', '.join(unknown)}." if unknown else "No attributes requested."
        raise _refusal(f"{asked} Ask for some of {', '.join(attributes)}.")
    if any(language.lower().split("-")[0] != "en" for language in parsed.languages):
        raise _foreign(parsed, [])
    return parsed


def _foreign(request: _Request, detected: list[str]) -> RequestError:
    name = next(iter(request.requested_attributes))
    languages = {"detectedLanguages": detected, "requestedLanguages": request.languages, "attribute": name}
    message = f"Attribute {name} does not support request languages: {', '.join(request.languages or detected)}"
    return _refusal(message, "LANGUAGE_NOT_SUPPORTED_BY_ATTRIBUTE", languageNotSupportedByAttributeError=languages)


def _refusal(message: str, kind: str = "", **more: Any) -> RequestError:
    error: Reply = {"code": 400, "message": message, "status": "INVALID_ARGUMENT"}
    if kind:
        error["details"] = [{"@type": "type.googleapis.com/google.commentanalyzer.v1alpha1.Error", "errorType": kind, **more}]
    return RequestError({"error": error})


# ---------------------------------------------------------------------------------------------------------- answers


def analyze_comment(guard: Guard, request: Mapping[str, Any], *, prevalence: float | None = PREVALENCE) -> Reply:
    """Answer one ``AnalyzeComment`` request.

    Parameters
    ----------
    guard : Guard
    request : mapping
        In Perspective's shape: ``comment``, ``requestedAttributes`` and, if wanted, ``languages``, ``spanAnnotations``,
        ``clientToken``. Nothing is stored, whatever ``doNotStore`` says.
    prevalence : float, optional
        The share of comments in a category at which scores are given; None leaves them as the model was calibrated.

    Returns
    -------
    dict
        In Perspective's shape; with the key ``error`` where the request cannot be answered.

    Examples
    --------
    >>> from social_guard import SocialGuard
    >>> reply = analyze_comment(
    ...     SocialGuard.load(), {"comment": {"text": "You are an idiot"}, "requestedAttributes": {"TOXICITY": {}}}
    ... )
    >>> reply["attributeScores"]["TOXICITY"]["summaryScore"]["value"] > 0.9
    True
    """
    return analyze_comments(guard, [request], prevalence=prevalence)[0]


def analyze_comments(
    guard: Guard, requests: Sequence[Mapping[str, Any]], *, prevalence: float | None = PREVALENCE
) -> list[Reply]:
    """Answer many requests at once; each has its own answer or error, in order (see `analyze_comment`)."""
    table = _ScoreTable(guard, prevalence)
    parsed = [_attempt(_parse, request, table.attributes) for request in requests]
    texts = [text for request in parsed if isinstance(request, _Request) for text in request.texts()]
    rows = iter(guard.scores(texts) if texts else ())
    return [_attempt(table.reply, request, rows) if isinstance(request, _Request) else request for request in parsed]


def _attempt(step: Any, *given: Any) -> Any:
    try:
        return step(*given)
    except RequestError as error:
        return error.error


class _ScoreTable:
    """Turns the columns of a guard's scores into attributes."""

    def __init__(self, guard: Guard, prevalence: float | None) -> None:
        self._heads = {head: column for column, head in enumerate(guard.heads)}
        self._assumed = {key: category.prevalence for key, category in CATEGORIES.items()}
        self._assumed |= guard.manifest.get("prevalence") or {}
        self._wanted = prevalence
        self._not_english = guard.policy.not_english
        self.attributes = {name: keys for name, keys in ATTRIBUTES.items() if all(key in self._heads for key in keys)}

    def reply(self, request: _Request, rows: Iterator[Floats]) -> Reply:
        """The answer; takes the scores of the whole comment and of each part from the rows, shape (n_heads,) each."""
        scores = np.array(list(islice(rows, 1 + len(request.spans))))
        foreign = NOT_ENGLISH in self._heads and scores[0, self._heads[NOT_ENGLISH]] >= self._not_english
        detected = ["und"] if foreign else ["en"]
        if foreign and not request.languages:
            raise _foreign(request, detected)
        values = {name: self._values(name, scores) for name in request.requested_attributes}
        shown = {n: v for n, v in values.items() if v[0] >= request.requested_attributes[n].score_threshold}
        reply: Reply = {"attributeScores": {name: _attribute(v, request.spans) for name, v in shown.items()}}
        reply |= {"languages": request.languages or detected, "detectedLanguages": detected}
        return reply if request.client_token is None else reply | {"clientToken": request.client_token}

    def _values(self, name: str, scores: Floats) -> list[float]:
        columns = [self._shifted(key, scores[:, self._heads[key]]) for key in self.attributes[name]]
        values: list[float] = np.max(columns, axis=0).tolist()
        return values

    def _shifted(self, key: str, scores: Floats) -> NDArray[np.float64]:
        if self._wanted is None:
            return scores
        shifted: Floats = shift_prevalence(scores, self._assumed[key], self._wanted)
        return shifted


def _attribute(values: list[float], spans: list[tuple[int, int]]) -> Reply:
    scored = zip(spans, values[1:], strict=True)
    parts = [{"begin": begin, "end": end, "score": _score(value)} for (begin, end), value in scored]
    return {"spanScores": parts, "summaryScore": _score(values[0])}


def _score(value: float) -> Reply:
    return {"value": value, "type": "PROBABILITY"}


# ----------------------------------------------------------------------------------------------------------- client


@dataclass(frozen=True)
class _Call:
    guard: Guard
    body: Mapping[str, Any]
    prevalence: float | None

    def execute(self, http: Any = None, num_retries: int = 0) -> Reply:
        """The answer; `RequestError` where Google's client raises ``HttpError``."""
        reply = analyze_comment(self.guard, self.body, prevalence=self.prevalence)
        if "error" in reply:
            raise RequestError(reply)
        return reply


class PerspectiveClient:
    """Stands where ``googleapiclient.discovery.build("commentanalyzer", …)`` stood.

    Parameters
    ----------
    guard : Guard
    prevalence : float, optional
        See `analyze_comment`.

    Examples
    --------
    >>> from social_guard import SocialGuard
    >>> client = PerspectiveClient(SocialGuard.load())
    >>> request = {"comment": {"text": "Thank you"}, "requestedAttributes": {"INSULT": {}}, "clientToken": "7"}
    >>> client.comments().analyze(body=request).execute()["clientToken"]
    '7'
    """

    def __init__(self, guard: Guard, *, prevalence: float | None = PREVALENCE) -> None:
        self._guard = guard
        self._prevalence = prevalence

    def comments(self) -> PerspectiveClient:
        """The resource that has `analyze`; here the client itself."""
        return self

    def analyze(self, body: Mapping[str, Any]) -> _Call:
        """A call that is made by ``execute()``."""
        return _Call(self._guard, body, self._prevalence)
