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
    "Evaluation": "evaluation",
    "Explanation": "explanation",
    "Policy": "policy",
    "SIGNPOSTS": "categories",
    "SocialGuard": "guard",
    "SocialGuardError": "exceptions",
    "evaluate_cases": "functional",
    "evaluate_scores": "evaluation",
    "evaluate_templates": "fairness",
    "load_comments": "data",
    "load_policy": "policy",
    "normalise": "text",
    "split_comments": "data",
    "train_guard": "training",
}

__all__ = [  # noqa: RUF022 - in the order of `sorted`
    "Action",
    "CATEGORIES",
    "CommentClassifier",
    "Decision",
    "Evaluation",
    "Explanation",
    "Policy",
    "SIGNPOSTS",
    "SocialGuard",
    "SocialGuardError",
    "__version__",
    "evaluate_cases",
    "evaluate_scores",
    "evaluate_templates",
    "load_comments",
    "load_policy",
    "normalise",
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
