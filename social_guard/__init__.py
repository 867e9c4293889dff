"""social_guard: which comments break a public body's policy, why, and what to do about them.

Names are loaded on first use, so that importing the package costs next to nothing.

Examples
--------
>>> from social_guard import Action
>>> Action.HIDE < Action.REMOVE
True
"""

from importlib import import_module
from typing import Any

__version__ = "0.1.0"

_ROOMS = {
    "Action": "policy.settings",
    "CATEGORIES": "categories",
    "CommentClassifier": "model.classifier",
    "Decision": "policy.decide",
    "DecisionLog": "records.decision_log",
    "Evaluation": "evaluation.evaluate",
    "Explanation": "explaining.explanation",
    "History": "records.history",
    "PersonalDetail": "personal.privacy",
    "Policy": "policy.settings",
    "PublicContacts": "personal.public_contacts",
    "Recipe": "training",
    "SIGNPOSTS": "categories",
    "SocialGuard": "guard",
    "SocialGuardError": "exceptions",
    "build_review_sheet": "review.sheet",
    "compare_models": "model_comparison",
    "drift": "records.stability",
    "evaluate_cases": "evaluation.functional",
    "evaluate_scores": "evaluation.evaluate",
    "evaluate_templates": "evaluation.fairness",
    "find_personal_details": "personal.privacy",
    "label_decisions": "review.decisions",
    "labels_from_log": "records.feedback",
    "load_comments": "files.data",
    "load_decisions": "review.decisions",
    "load_key": "records.keys",
    "load_policy": "policy.reading",
    "normalise": "words.text",
    "precision_in_use": "records.feedback",
    "redact": "personal.privacy",
    "split_comments": "files.data",
    "train_guard": "training",
}

__all__ = [  # noqa: RUF022 - in the order of `sorted`
    "Action",
    "CATEGORIES",
    "CommentClassifier",
    "Decision",
    "DecisionLog",
    "Evaluation",
    "Explanation",
    "History",
    "PersonalDetail",
    "Policy",
    "PublicContacts",
    "Recipe",
    "SIGNPOSTS",
    "SocialGuard",
    "SocialGuardError",
    "__version__",
    "build_review_sheet",
    "compare_models",
    "drift",
    "evaluate_cases",
    "evaluate_scores",
    "evaluate_templates",
    "find_personal_details",
    "label_decisions",
    "labels_from_log",
    "load_comments",
    "load_decisions",
    "load_key",
    "load_policy",
    "normalise",
    "precision_in_use",
    "redact",
    "split_comments",
    "train_guard",
]


def __getattr__(name: str) -> Any:
    if name not in _ROOMS:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f".{_ROOMS[name]}", __name__), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
