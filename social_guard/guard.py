"""`SocialGuard`, the face of the package: it delegates and holds no logic of its own.

What a single decision does not need is loaded by the calls that do, so that a process which decides once starts quickly.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from copy import deepcopy
from dataclasses import replace
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from .arrays import Floats
from .categories import CATEGORIES, URGENT
from .exceptions import DataError
from .files.persistence import Model, load_model, save_model, weights_hash
from .model.given import check_posts, check_texts
from .model.scorer import Scorer, Weights, to_probability
from .policy.decide import Decision, DecisionTable
from .policy.reading import parse_policy
from .policy.settings import NEVER, Policy

if TYPE_CHECKING:
    import pandas as pd

    from .evaluation.evaluate import Evaluation
    from .explaining.explanation import Explanation
    from .explaining.removal import Removal
    from .files.batch import BatchScorer, Dataset
    from .files.stream import Progress
    from .policy.goals import Precision


class SocialGuard:
    """Decides on comments: a model, and the thresholds that turn its scores into actions.

    A guard never changes, and may be shared between threads and processes.

    Parameters
    ----------
    model : Model
    tuning : pandas.DataFrame, optional
        What the thresholds were chosen for, if `tune` chose them.

    Examples
    --------
    >>> from social_guard import SocialGuard
    >>> guard = SocialGuard.load()
    >>> decision = guard.moderate("The nurses on the ward were kind and patient, thank you.")
    >>> str(decision.action), decision.signposts
    ('none', ('compliment',))
    """

    def __init__(self, model: Model, tuning: pd.DataFrame | None = None) -> None:
        self._model = model
        self._tuning = tuning
        self._policy = parse_policy(model.policy_text)
        self._scorer = Scorer(model.weights)
        self._table = DecisionTable(self._policy, model.weights.heads)
        self._scored = [(i, head) for i, head in enumerate(model.weights.heads) if head in CATEGORIES]

    @classmethod
    def load(
        cls,
        folder: str | Path | None = None,
        *,
        policy: str | Path | None = None,
        prevalence: Mapping[str, float] | None = None,
    ) -> Self:
        """Load the shipped model, or one of your own.

        Parameters
        ----------
        folder : path, optional
            A model folder; by default the model that ships with the package.
        policy : path, optional
            A policy file whose thresholds replace those in the folder.
        prevalence : mapping of str to float, optional
            Other shares of the categories than the manifest assumes, e.g. ``{"hate_speech": 0.5}``; see `with_prevalence`.

        Raises
        ------
        ModelError, PolicyError
            With the file that is wrong and what to do.
        """
        return cls(load_model(folder, policy, partial(_shifted, prevalence=prevalence) if prevalence else None))

    @cached_property
    def _batch_scorer(self) -> BatchScorer:
        from .files.batch import BatchScorer

        return BatchScorer(self._scorer, self._table)

    @property
    def heads(self) -> tuple[str, ...]:
        """What the model scores: categories, signposts, and whether the comment is not in English."""
        return self._model.weights.heads

    @property
    def weights(self) -> Weights:
        """What was learnt: vocabulary and weights."""
        return self._model.weights

    @property
    def policy(self) -> Policy:
        """The thresholds."""
        return self._policy

    @property
    def policy_text(self) -> str:
        """The policy file, with its comments."""
        return self._model.policy_text

    @property
    def manifest(self) -> dict[str, Any]:
        """What is known about the model: sources, versions, metrics."""
        return deepcopy(self._model.manifest)

    @property
    def model_hash(self) -> str:
        """The name of the model: a digest of its weights and vocabulary."""
        return self._model.manifest.get("model") or weights_hash(self._model.weights)

    def moderate(self, text: str, post: str | None = None) -> Decision:
        """Decide on one comment.

        Parameters
        ----------
        text : str
        post : str, optional
            The post that it answers, which says something of what is off topic.

        Raises
        ------
        DataError
            When ``text`` is not a str; many comments go to `score_frame`.
        """
        probabilities = to_probability(np.array(self._scorer.log_odds_of(_one_text(text), _one_post(post)))).tolist()
        decision = self._table.decide(probabilities, text)
        scores = {head: probabilities[i] for i, head in self._scored}
        return decision.completed(scores, partial(self._reason, text, post, decision))

    def _reason(
        self, text: str, post: str | None, decision: Decision, *, mask: bool = False, author: bool = False
    ) -> str:
        from .explaining.reasons import describe_decision, words_to_quote

        words = words_to_quote(decision, self.explain(text, post), self.policy)
        return self._tell_author(decision, words) if author else describe_decision(decision, words, mask=mask)

    def _tell_author(self, decision: Decision, words: Mapping[str, Sequence[str]]) -> str:
        from .explaining.reasons import tell_author
        from .policy.signposts import destination

        to = destination(URGENT, self.policy)
        return tell_author(decision, words, appeal=self.policy.appeal, help_message=to.message.replace("{contact}", to.contact))

    def scores(self, texts: Sequence[str], posts: Sequence[str] | None = None) -> Floats:
        """Calibrated probabilities of every head, shape (n_texts, n_heads).

        Parameters
        ----------
        texts : sequence of str
        posts : sequence of str, optional
            The post that each comment answers; an empty one changes nothing.

        Raises
        ------
        DataError
            When one text is given for many, or a row is no text; `score_frame` says so in the row instead.
        """
        given = check_texts(texts)
        return to_probability(self._scorer.log_odds(given, check_posts(posts, len(given))))

    def score_frame(self, frame: pd.DataFrame, text: str = "text", post: str | None = None) -> pd.DataFrame:
        """Score the rows of a frame; returns the new columns only, with the same index (see `files.batch.score_frame`)."""
        from .files.batch import score_frame

        return score_frame(self._batch_scorer, frame, text, post)

    def score_arrow(self, table: Any, text: str = "text", post: str | None = None) -> Any:
        """Score the rows of a pyarrow table or record batch; returns the new columns only (see `files.batch.score_arrow`)."""
        from .files.batch import score_arrow

        return score_arrow(self._batch_scorer, table, text, post)

    def score_batch(self, batch: Mapping[str, Any], text: str = "text", post: str | None = None) -> dict[str, list[Any]]:
        """Score a dict of columns; returns a dict of the new columns only (see `files.batch.score_batch`).

        Examples
        --------
        >>> SocialGuard.load().score_batch({"text": ["Thank you all"]})["action"]
        ['none']
        """
        from .files.batch import score_batch

        return score_batch(self._batch_scorer, batch, text, post)

    def score_dataset(self, dataset: Dataset, text: str = "text", post: str | None = None, **options: Any) -> Dataset:
        """Score a Hugging Face data set, in memory or streamed; returns it with the new columns (see `files.batch.score_dataset`)."""
        from .files.batch import score_dataset

        return score_dataset(self._batch_scorer, dataset, text, post, **options)

    def score_file(
        self,
        source: str | Path,
        target: str | Path,
        *,
        jobs: int = 1,
        resume: bool = False,
        progress: Progress | None = None,
        **options: Any,
    ) -> int:
        """Score a CSV, JSON Lines or Parquet file, or a folder of them, in a stream; returns the number of rows.

        Parameters
        ----------
        source, target, jobs, resume, progress
            See `files.stream.score_file`.
        **options
            ``text``, ``post``, ``source_format``, ``target_format``, ``encoding``, ``bom``: see `files.stream.FileOptions`.
        """
        from .files.stream import FileOptions, policy_digest, score_file

        given = FileOptions(**options)
        identity = {"model": self.model_hash, "policy": policy_digest(self.policy_text)}
        same: dict[str, Any] = {"jobs": jobs, "resume": resume, "progress": progress}
        return score_file(self._batch_scorer, str(source), str(target), given, identity=identity, **same)

    def explain(self, text: str, post: str | None = None) -> Explanation:
        """Take the scores of one comment apart, term by term; ``post`` is what it answers."""
        from .explaining.explanation import explain_prediction

        return explain_prediction(self._scorer, _one_text(text), _one_post(post))

    def counterfactual(self, text: str, post: str | None = None) -> Removal | None:
        """The smallest set of words without which the scores of a comment call for a lesser action.

        Returns
        -------
        Removal or None
            None where no action is recommended, or taking out words does not help; `explaining.removal.smallest_removal` says what is
            guaranteed. Rules of the policy file about words are not considered.

        Examples
        --------
        >>> removal = SocialGuard.load().counterfactual("Ring me back, you useless idiots")
        >>> "idiots" in [word.key for word in removal.words]
        True
        """
        action = self.moderate(text, post).action
        return self.explain(text, post).removal(self._table.limits(action)) if action else None

    def explain_frame(
        self,
        frame: pd.DataFrame,
        text: str = "text",
        post: str | None = None,
        *,
        heads: Sequence[str] | None = None,
        top: int | None = 5,
    ) -> pd.DataFrame:
        """Explain the comments of a frame: one row a term, with the columns row, category, term, start, end, contribution.

        Parameters
        ----------
        frame : pandas.DataFrame
        text : str
            The column that holds the comments.
        post : str, optional
            The column with the posts that they answer.
        heads : sequence of str, optional
            Explain these for every comment. By default each comment is explained for the categories that reach a
            threshold of the policy, so that most comments cost no more than a score.
        top : int or None
            How many terms to keep for a comment and head, the strongest for or against; None keeps all.
        """
        from .explaining.explanation import explain_frame

        limits = self._table.limits() if heads is None else self._only(heads)
        return explain_frame(self._scorer, frame, limits, text=text, post=post, top=top)

    def _only(self, heads: Sequence[str]) -> Floats:
        unknown = [head for head in heads if head not in self.heads]
        if unknown:
            raise DataError(f"the model has no heads {', '.join(unknown)}; it has {', '.join(self.heads)}")
        return np.where([head in heads for head in self.heads], 0.0, NEVER)

    def strongest_terms(self, head: str, most: int = 20, *, kind: str | None = None) -> pd.DataFrame:
        """What the model weighs most for and against a head (see `explaining.model_views.strongest_terms`)."""
        from .explaining.model_views import strongest_terms

        return strongest_terms(self._model.weights, head, most, kind=kind)

    def term_sources(self, comments: pd.DataFrame, head: str, terms: Sequence[str]) -> pd.DataFrame:
        """Which sources of training comments support some terms of a head (see `explaining.model_views.term_sources`)."""
        from .explaining.model_views import term_sources

        return term_sources(self._model.weights, comments, head, terms)

    def evaluate(self, comments: pd.DataFrame, **options: Any) -> Evaluation:
        """Measure scores and decisions against labels, at the prevalence of the manifest (see `evaluation.evaluate.evaluate_guard`)."""
        from .evaluation.evaluate import evaluate_guard

        return evaluate_guard(self, comments, **options)

    def tune(self, valid: pd.DataFrame | str | Path, precision: Precision | None = None, *, text: str = "text", **goal: Any) -> Self:
        """The same model with thresholds that keep a promise, proven on labelled comments.

        Parameters
        ----------
        valid : frame or path
            Labelled comments, drawn like those to come, that the model was not trained on (see `files.data.load_comments`).
        precision : mapping, optional
            The share of the comments touched that must belong to the category, e.g. ``{"hide": 0.8, "remove": 0.95}``.
        text : str
            The column that holds the comments.
        **goal
            ``confidence``, ``prevalence``, ``joint``, ``costs``, ``unproven``, ``comments_per_week``: see `policy.goals.Goal`.

        Returns
        -------
        SocialGuard
            Its ``tuning`` says what to expect of each threshold.

        Raises
        ------
        TuningError
            When the labels do not prove a promise; it names every step concerned and the labels that are missing.
        """
        from .files.data import load_comments
        from .policy.goals import Goal
        from .policy.tuning import tune_policy

        comments = load_comments(valid, text=text)
        aim = Goal(precision=precision, **goal).known_to_model(self._model.manifest.get("prevalence") or {})
        tuned = tune_policy(self.policy_text, self._score_columns(comments), comments, aim, model=self.model_hash)
        return type(self)(replace(self._model, policy_text=tuned.policy_text), tuned.report)

    @property
    def tuning(self) -> pd.DataFrame | None:
        """One row a step: threshold, promise, proven bound, recall, volumes (see `policy.tuning.Row`); None if not tuned here."""
        return None if self._tuning is None else self._tuning.copy()

    def _score_columns(self, comments: pd.DataFrame) -> pd.DataFrame:
        import pandas as pd

        return pd.DataFrame(self.scores(comments["text"].tolist()), columns=list(self.heads))

    def with_policy(self, policy_text: str) -> Self:
        """The same model with other thresholds, given as the text of a policy file."""
        return type(self)(replace(self._model, policy_text=policy_text))

    def with_prevalence(self, prevalence: Mapping[str, float]) -> Self:
        """The same model with scores that assume other shares of the comments; it recommends the same actions.

        Parameters
        ----------
        prevalence : mapping of str to float
            The new share of some of the categories of ``manifest["prevalence"]``.

        Returns
        -------
        SocialGuard
            Its thresholds have moved along (see `files.shifted.shift_model` and docs/prevalence.md).

        Raises
        ------
        DataError
            When the manifest states no share for a category, or a share is not between 0 and 1.

        Examples
        --------
        >>> guard = SocialGuard.load()
        >>> even, text = guard.with_prevalence({"spam": 0.5}), "Cheap watches, order today"
        >>> even.moderate(text).scores["spam"] > guard.moderate(text).scores["spam"]
        True
        >>> even.moderate(text).action == guard.moderate(text).action
        True
        """
        return type(self)(_shifted(self._model, prevalence))

    def save(self, folder: str | Path) -> Path:
        """Write the model folder, whole or not at all."""
        return save_model(self._model, folder)

    def __reduce__(self) -> tuple[type[Self], tuple[Model, pd.DataFrame | None]]:
        """Travels to another process as its model alone; caches are made anew there."""
        return type(self), (self._model, self._tuning)

    def __repr__(self) -> str:
        return f"SocialGuard(model={self.model_hash[:12]!r}, heads={len(self.heads)})"


def _shifted(model: Model, prevalence: Mapping[str, float]) -> Model:
    from .files.shifted import shift_model

    return shift_model(model, prevalence)


def _one_text(text: str) -> str:
    if not isinstance(text, str):
        raise DataError(f"expected one text, got {type(text).__name__}; many comments go to score_frame or scores")
    return text


def _one_post(post: str | None) -> str:
    if post is not None and not isinstance(post, str):
        raise DataError(f"the post is {type(post).__name__}, not text; leave it out where it is not known")
    return post or ""
