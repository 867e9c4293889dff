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
    "Action": "policy",
    "CATEGORIES": "categories",
    "CommentClassifier": "classifier",
    "Decision": "policy",
    "DecisionLog": "decision_log",
    "Explanation": "explanation",
    "History": "history",
    "PersonalDetail": "privacy",
    "Policy": "policy",
    "PublicContacts": "privacy",
    "SIGNPOSTS": "categories",
    "SocialGuard": "guard",
    "SocialGuardError": "exceptions",
    "build_review_sheet": "review_sheet",
    "drift": "stability",
    "evaluate_scores": "evaluation",
    "find_personal_details": "privacy",
    "label_decisions": "decisions",
    "labels_from_log": "feedback",
    "load_comments": "data",
    "load_decisions": "decisions",
    "load_key": "keys",
    "load_policy": "policy",
    "normalise": "text",
    "precision_in_use": "feedback",
    "redact": "privacy",
    "split_comments": "data",
    "train_guard": "training",
}

__all__ = [  # noqa: RUF022 - in the order of `sorted`
    "Action",
    "CATEGORIES",
    "CommentClassifier",
    "Decision",
    "DecisionLog",
    "Explanation",
    "History",
    "PersonalDetail",
    "Policy",
    "PublicContacts",
    "SIGNPOSTS",
    "SocialGuard",
    "SocialGuardError",
    "__version__",
    "build_review_sheet",
    "drift",
    "evaluate_scores",
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
