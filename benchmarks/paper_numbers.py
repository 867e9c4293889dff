"""How the papers write figures: the same everywhere, and never a nought for what is merely small."""

from __future__ import annotations

from collections.abc import Mapping


def share(value: float) -> str:
    """A share as a percentage.

    Examples
    --------
    >>> share(0.2263), share(0.0084), share(0.0003), share(0.0), share(0.9996), share(1.0)
    ('23%', '0.8%', 'under 0.1%', '0%', 'over 99.9%', '100%')
    """
    if 0 < value < 0.001:
        return "under 0.1%"
    if 0.999 < value < 1:
        return "over 99.9%"
    return f"{value:.1%}" if 0 < value < 0.1 or 0.99 < value < 1 else f"{value:.0%}"


def interval(row: Mapping[str, float], name: str) -> str:
    """A share with the middle 95% of redraws.

    Examples
    --------
    >>> interval({"hidden": 0.23, "hidden_low": 0.2, "hidden_high": 0.251}, "hidden")
    '23% (20% to 25%)'
    """
    return f"{share(row[name])} ({share(row[f'{name}_low'])} to {share(row[f'{name}_high'])})"


def decimal(value: float) -> str:
    """Two places behind the point, for measures that are no shares.

    Examples
    --------
    >>> decimal(0.9526)
    '0.95'
    """
    return f"{value:.2f}"


def count(value: float) -> str:
    """A whole number with thousands set off.

    Examples
    --------
    >>> count(20172)
    '20,172'
    """
    return f"{int(value):,}"


def per_thousand(value: float) -> str:
    """A share as a number in a thousand.

    Examples
    --------
    >>> per_thousand(0.005), per_thousand(0.03)
    ('5 in 1,000', '30 in 1,000')
    """
    return f"{value * 1000:g} in 1,000"


def spelled(name: str) -> str:
    """A name of code as words.

    Examples
    --------
    >>> spelled("hate_speech")
    'hate speech'
    """
    return name.replace("_", " ")
