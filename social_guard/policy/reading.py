"""A policy file is read and checked here; an error names the file, the path of the bad value, the value, and what is allowed."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Collection, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import msgspec

from ..categories import CATEGORIES, SIGNPOSTS, URGENT
from ..exceptions import PolicyError
from ..personal.public_contacts import contact_problems
from .rules import rule_problems
from .settings import (
    DAYS,
    LEVELS,
    MODES,
    SLACK_DAYS,
    VERSION,
    CategoryRule,
    Clock,
    HistoryRules,
    Points,
    Policy,
    Share,
    SignpostRule,
)

MOST_CHARACTERS, MOST_DOTS = 1 << 19, 256


def load_policy(path: str | Path) -> Policy:
    """Read and check a policy file.

    Raises
    ------
    PolicyError
        Names the file, the path of the bad value, the value, and what is allowed.
    """
    return parse_policy(read_policy_text(path), str(path))


def read_policy_text(path: str | Path) -> str:
    """The text of a policy file, or an error that names it."""
    try:
        if Path(path).exists() and not Path(path).is_file():
            raise OSError("it is not a regular file")
        with open(path, encoding="utf-8") as file:
            return file.read(MOST_CHARACTERS + 1)  # one more, which `parse_policy` refuses
    except (OSError, ValueError) as error:
        raise PolicyError(f"{path}: cannot be read as UTF-8 text ({error})") from error


def parse_policy(text: str, name: str = "policy") -> Policy:
    """Check the text of a policy file.

    Examples
    --------
    >>> parse_policy("version = 1\\n[categories.spam]\\nhide = 0.5").categories["spam"].hide
    0.5
    >>> parse_policy("version = 1\\n[categories.spam]\\nhide = 5")
    Traceback (most recent call last):
        ...
    social_guard.exceptions.PolicyError: policy: categories.spam.hide is 5: Expected `float` <= 1.0
    """
    if len(text) > MOST_CHARACTERS or any(line.count(".") > MOST_DOTS for line in text.splitlines()):
        # the time that TOML takes rises with the square of the parts of a key
        allowed = f"{MOST_CHARACTERS} characters, and {MOST_DOTS} full stops in a line"
        raise PolicyError(f"{name}: is no policy file, which may hold {allowed}; split long lists over lines")
    try:
        content = tomllib.loads(text.encode().decode())  # lone surrogates are no text
        repr(content)  # a number too long to be shown would break the errors below
    except (ValueError, RecursionError) as error:
        raise PolicyError(f"{name}: not valid TOML: {error}") from error
    for section, kind in (("categories", CategoryRule), ("signposts", Share | SignpostRule)):
        values = content.get(section)
        if isinstance(values, dict):
            checked = {key: _converted(value, kind, name, f"{section}.{key}") for key, value in values.items()}
            content = content | {section: checked}
    _check_points(content.get("history"), name)
    policy = _converted(content, Policy, name)
    for problem in _problems(policy):
        raise PolicyError(f"{name}: {problem}")
    return policy


def _check_points(history: Any, name: str) -> None:
    points = history.get("points") if isinstance(history, dict) else None
    for key, value in points.items() if isinstance(points, dict) else ():
        _converted(value, Points, name, f"history.points.{key}")


def _converted(content: Any, kind: Any, name: str, path: str = "") -> Any:
    """Check plain values against a structure; the error holds the path, the value and what was expected."""
    try:
        return msgspec.convert(content, kind)
    except msgspec.ValidationError as error:
        expected, _, inner = str(error).partition(" - at ")
        keys = re.findall(r"[^`$.\[\]]+", inner)
        place = f"{path}{inner.strip('`$')}".strip(".")
        raise PolicyError(f"{name}: {place}{_shown(content, keys)}: {expected}".replace(": :", ":")) from error


def _shown(content: Any, keys: Sequence[str]) -> str:
    for key in keys:
        if isinstance(content, dict) and key not in content:
            return ""
        content = content[int(key) if isinstance(content, list) else key]
    return f" is {content!r}" if not isinstance(content, dict) else ""


def _problems(policy: Policy) -> list[str]:
    problems = []
    if policy.version != VERSION:
        problems.append(f"version is {policy.version}: this release reads version {VERSION}")
    for section, names, allowed in (
        ("categories", policy.categories, CATEGORIES),
        ("signposts", policy.signposts, SIGNPOSTS),
    ):
        problems += [f"{section}.{n} is not a known name: allowed are {', '.join(allowed)}" for n in names if n not in allowed]
    problems += _list_problems("mode", [policy.mode], MODES)
    problems += _list_problems("protected", policy.protected, SIGNPOSTS)
    problems += _list_problems("never_alone", policy.never_alone, CATEGORIES)
    problems += rule_problems(policy.rules)
    problems += _list_problems("confirm", policy.confirm, LEVELS[1:])
    for key, rule in policy.categories.items():
        problems += _list_problems(f"categories.{key}.confirm", rule.confirm or [], LEVELS[1:])
        problems += _order_problems(key, rule)
    if getattr(policy.signposts.get(URGENT), "answer_due", None) is False:
        problems.append(f"signposts.{URGENT}.answer_due is False: somebody in danger is answered at once; delete the line")
    problems += [f"public_contacts.{problem}" for problem in contact_problems(policy.public_contacts)]
    return problems + _clock_problems(policy.clock) + _history_problems(policy.history)


def _clock_problems(clock: Clock) -> list[str]:
    if clock == Clock():  # it has none; so a guard is loaded without the calendar of holidays
        return []
    problems = [f"clock.days has {day!r}: allowed are {', '.join(DAYS)}" for day in clock.days if day not in DAYS]
    if not clock.days:
        problems.append(f"clock.days is empty: name at least one of {', '.join(DAYS)}")
    if clock.closes <= clock.opens:
        problems.append(f"clock.closes is {clock.closes}: it must be later than opens ({clock.opens})")
    return problems + _place_problems(clock)


def _place_problems(clock: Clock) -> list[str]:
    from zoneinfo import ZoneInfo

    import holidays

    problems = []
    try:
        ZoneInfo(clock.zone)
    except (OSError, ValueError, KeyError):
        problems.append(f"clock.zone is {clock.zone!r}: it must be a name of the IANA database, e.g. Europe/London")
    try:
        if clock.country:
            holidays.country_holidays(clock.country, subdiv=clock.subdivision or None)
    except (NotImplementedError, TypeError) as error:  # the latter for a name of the library that is no country
        place = f"clock.country is {clock.country!r} and clock.subdivision {clock.subdivision!r}"
        problems.append(f"{place}: {error}; use codes of ISO 3166, e.g. GB and ENG")
    return problems


def _list_problems(path: str, names: Sequence[str], allowed: Collection[str]) -> list[str]:
    return [f"{path} has {name!r}: allowed are {', '.join(allowed)}" for name in names if name not in allowed]


def _order_problems(key: str, rule: CategoryRule) -> list[str]:
    given = [(level, getattr(rule, level)) for level in LEVELS if getattr(rule, level) is not None]
    return [
        f"categories.{key}.{high} is {above}: it must be at least {low} ({below}), since thresholds rise with severity"
        for (low, below), (high, above) in pairwise(given)
        if above < below
    ]


def _history_problems(rules: HistoryRules) -> list[str]:
    allowed = (*LEVELS[1:], *CATEGORIES)
    problems = [f"history.points.{n} is not a known name: allowed are {', '.join(allowed)}" for n in rules.points if n not in allowed]
    if rules.forget_after_days < rules.window_days + SLACK_DAYS:
        problems.append(
            f"history.forget_after_days is {rules.forget_after_days}: it must be at least {rules.window_days + SLACK_DAYS}, "
            f"{SLACK_DAYS} days more than window_days, so that a clock that jumps deletes nothing that still counts"
        )
    if rules.block < rules.warn:
        problems.append(f"history.block is {rules.block}: it must be at least warn ({rules.warn}), since a warning comes first")
    return problems
