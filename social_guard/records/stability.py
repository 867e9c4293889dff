"""Do the scores of this week still look like those at release? If not, people write differently, or about something else."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from ..arrays import Floats
from ..categories import CATEGORIES
from ..exceptions import DataError
from .decision_log import read_decisions

if TYPE_CHECKING:
    import pandas as pd

LEVELS = np.linspace(0, 1, 101)
SHIFTED = 0.25
CHANCE = 0.01


def score_quantiles(scores: pd.DataFrame) -> pd.DataFrame:
    """The baseline of `drift`: percentiles of the scores at release.

    Parameters
    ----------
    scores : frame
        With columns ``score_<category>``, as `SocialGuard.score_frame` returns them, of some thousand comments such as the
        model will meet. Keep the result with ``to_json``.

    Returns
    -------
    pandas.DataFrame
        Index from 0 to 1 in hundredths, a column for each category.
    """
    present = [key for key in CATEGORIES if f"score_{key}" in scores.columns]
    if not present:
        raise DataError(f"there is no column of scores; expected score_{next(iter(CATEGORIES))} or another category")
    return scores[[f"score_{key}" for key in present]].set_axis(present, axis=1).quantile(LEVELS)


def drift(folder: str | Path, baseline: pd.DataFrame | str | Path, *, model: str | None = None) -> pd.DataFrame:
    """Compare the scores of every week in a decision log with those at release.

    A rule of thumb for the index: below 0.1 nothing has changed, up to 0.25 look at it, above that something has. A small
    week strays that far by chance (by 9 / n on average), so ``alarm`` also wants the Kolmogorov–Smirnov test to say that
    chance would do it in less than one week in a hundred. With seven categories, one false alarm in some months remains:
    act when it comes two weeks running.

    Parameters
    ----------
    folder : path
        Of a decision log.
    baseline : frame or path
        From `score_quantiles`, or the JSON file that it was kept in.
    model : str, optional
        Only the decisions of this model; scores of two models do not compare.

    Returns
    -------
    pandas.DataFrame
        By ``week`` (its Monday, UTC) and ``category``: ``comments``, ``psi``, ``ks`` (the greatest distance of the
        distributions), ``p`` and ``alarm``.

    Raises
    ------
    LogError
        When the log does not verify.
    DataError
        When the baseline is not one.

    References
    ----------
    Siddiqi N. Credit risk scorecards. Wiley, 2006 (the index and its rule of thumb). Yurdakul B. Statistical properties of
    population stability index. Western Michigan University, 2018 (its size by chance).
    """
    import pandas as pd

    expected = _read_baseline(baseline)
    decisions = read_decisions(folder)
    if model is not None:
        decisions = decisions[decisions["model"] == model]
    day = decisions["time"].dt.tz_localize(None).dt.normalize()
    week = day - pd.to_timedelta(day.dt.day_of_week, unit="D")
    rows = [
        {"week": monday, "category": key} | _compare(part[f"score_{key}"].dropna().to_numpy(float), expected[key])
        for monday, part in decisions.groupby(week.rename("week"))
        for key in expected
        if part[f"score_{key}"].notna().any()
    ]
    columns = ["week", "category", "comments", "psi", "ks", "p", "alarm"]
    return pd.DataFrame(rows, columns=columns).set_index(["week", "category"])


def _read_baseline(baseline: pd.DataFrame | str | Path) -> dict[str, Floats]:
    import pandas as pd

    try:
        frame = baseline if isinstance(baseline, pd.DataFrame) else pd.read_json(Path(baseline), convert_axes=False)
        values = {key: frame[key].to_numpy(float) for key in frame.columns if key in CATEGORIES}
    except (OSError, ValueError, AttributeError) as error:
        raise DataError(f"the baseline cannot be read ({error}); make one with score_quantiles") from error
    if not values or any(v.shape != LEVELS.shape or not (np.diff(v) >= 0).all() for v in values.values()):
        raise DataError(f"the baseline must hold {len(LEVELS)} rising quantiles for each category; make one with score_quantiles")
    return values


def _compare(scores: Floats, quantiles: Floats) -> dict[str, float | bool]:
    from scipy.stats import kstwo

    scores = np.sort(scores)
    distance = float(ks_distance(scores, quantiles))
    psi, p = float(stability_index(scores, quantiles)), float(kstwo.sf(distance, len(scores)))
    return {"comments": len(scores), "psi": psi, "ks": distance, "p": p, "alarm": psi > SHIFTED and p < CHANCE}


def ks_distance(scores: Floats, quantiles: Floats) -> float:
    """The greatest distance between two distributions, measured at the quantiles of the one; ``scores`` must be sorted.

    Examples
    --------
    >>> ks_distance(np.array([0.6, 0.7, 0.8, 0.9]), np.linspace(0, 1, 101)).round(9)
    np.float64(0.59)
    """
    places = np.unique(quantiles)
    share = LEVELS[np.searchsorted(quantiles, places, side="right") - 1]
    return np.abs(np.searchsorted(scores, places, side="right") / len(scores) - share).max()


def stability_index(scores: Floats, quantiles: Floats) -> float:
    """The population stability index over tenths of the baseline; half a comment is added to every cell.

    Examples
    --------
    >>> stability_index(np.linspace(0.05, 0.95, 10), np.linspace(0, 1, 101)).round(9)
    np.float64(0.0)
    """
    edges = np.unique(quantiles[10:-1:10])
    share = LEVELS[np.searchsorted(quantiles, edges, side="right") - 1]
    expected = np.diff([0.0, *share, 1.0])
    counts = np.diff([0, *np.searchsorted(scores, edges, side="right"), len(scores)])
    cells = expected > 0
    observed = (counts[cells] + 0.5) / (len(scores) + 0.5 * cells.sum())
    return ((observed - expected[cells]) * np.log(observed / expected[cells])).sum()
