"""The share of comments in a category that a score assumes, and what the score is at another share.

Only the odds before a comment is read change, so the log-odds of every comment move by the same number and their order stays.

References
----------
Saerens M., Latinne P., Decaestecker C. Adjusting the outputs of a classifier to new a priori probabilities. Neural
Computation 14 (2002), equation 2.4 for a known prior.
"""

from __future__ import annotations

from collections.abc import Mapping
from numbers import Real
from typing import Any

import numpy as np

from .exceptions import DataError


def check_shares(shares: Mapping[str, float]) -> dict[str, float]:
    """The shares of categories, or an error that names one which is no share.

    Examples
    --------
    >>> check_shares({"spam": 3})
    Traceback (most recent call last):
        ...
    social_guard.exceptions.DataError: the share of spam is 3; give a number between 0 and 1, such as 0.03 for three in a hundred
    """
    for head, share in shares.items():
        if isinstance(share, bool) or not isinstance(share, Real) or not 0 < share < 1:
            raise DataError(f"the share of {head} is {share!r}; give a number between 0 and 1, such as 0.03 for three in a hundred")
    return dict(shares)


def prior_shift(assumed: Any, wanted: Any) -> Any:
    """What log-odds grow by when a category has another share of the comments than was assumed.

    Parameters
    ----------
    assumed, wanted : float or float array
        Shares over 0 and under 1; an assumed one that is not known is NaN, and so is what comes of it.

    Examples
    --------
    >>> round(float(prior_shift(0.01, 0.5)), 3)
    4.595
    """
    for share, allowed in ((assumed, np.isnan(assumed)), (wanted, False)):
        if not np.all(((np.asarray(share) > 0) & (np.asarray(share) < 1)) | allowed):
            raise DataError(f"a share of {share} leaves nothing to tell apart: it must lie between 0 and 1")
    return np.log(wanted) - np.log1p(-np.asarray(wanted)) - (np.log(assumed) - np.log1p(-np.asarray(assumed)))


def shift_prevalence(probability: Any, assumed: Any, wanted: Any) -> Any:
    """What a calibrated probability would be, were the category more or less common.

    Parameters
    ----------
    probability : float or float array
    assumed, wanted : float or float array
        The share of comments in the category that the probability assumes, and the one it shall assume.

    Returns
    -------
    float or float array

    Examples
    --------
    >>> [round(float(shift_prevalence(share, 0.03, 0.5)), 3) for share in (0.03, 0.2)]
    [0.5, 0.89]
    """
    odds_ratio = np.exp(prior_shift(assumed, wanted))
    return probability * odds_ratio / (probability * odds_ratio + (1 - probability))
