"""Scored comments become one self-contained HTML page, on which a communications team decides about them.

The page holds every comment that needs a look, the gravest first, with the words that decided; the others follow as far
as there is room. Decisions are made in the browser, leave it as a CSV file only, and become labels (`decisions`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from textwrap import shorten
from typing import Any

import pandas as pd

from ..categories import CATEGORIES, SIGNPOSTS, URGENT
from ..exceptions import check_columns
from ..files.stream import read_frame, write_text
from ..guard import SocialGuard
from ..pages.charts import bar_chart, column_chart
from ..pages.template import build_page, inline_json
from ..policy.rules import rule_warnings
from .decisions import ACTIONS, comment_ids, comment_texts, text_digest
from .provenance import check_scored, same_scores
from .queue import gravity, review_item

MOST_COLUMNS = 92
"""How many days are drawn one by one; more become weeks, and more than as many weeks become months."""

POST_SHOWN = 160
"""So many characters of the post that a comment answers are shown."""

TIME_ZONE = r"(:\d\d(?:\.\d+)?)\s*(?:Z|[+-]\d\d:?\d\d)$"

Rows = list[dict[str, Any]]


@dataclass(frozen=True)
class Columns:
    """Which columns of a scored table hold what.

    Attributes
    ----------
    text : str
        The comments.
    id, date, author, post : str, optional
        By default the columns of these names where there are such; without ids, rows are numbered. The post is what the
        comment answers; scores that were made with posts are made again with them.
    """

    text: str = "text"
    id: str | None = None
    date: str | None = None
    author: str | None = None
    post: str | None = None


def write_review_sheet(
    guard: SocialGuard,
    source: str | Path,
    target: str | Path,
    *,
    columns: Columns | None = None,
    most: int = 5000,
    encoding: str = "utf-8-sig",
) -> int:
    """Make the review sheet of a file that `SocialGuard.score_file` wrote.

    Parameters
    ----------
    guard : SocialGuard
        The model and thresholds that scored the file.
    source, target : path
        CSV, JSON Lines or Parquet in, HTML out.
    columns, most
        As in `build_review_sheet`.
    encoding : str
        Of a CSV or JSON Lines source.

    Returns
    -------
    int
        How many comments were read.

    Raises
    ------
    DataError, OutputError
        As in `build_review_sheet`, or when a file cannot be read or written.
    """
    scored = read_frame(str(source), encoding=encoding)
    write_text(str(target), build_review_sheet(guard, scored, columns=columns, most=most, name=Path(source).name))
    return len(scored)


def build_review_sheet(
    guard: SocialGuard,
    scored: pd.DataFrame,
    *,
    columns: Columns | None = None,
    most: int = 5000,
    name: str = "comments",
) -> str:
    """Make the review sheet of scored comments, as the text of an HTML page.

    Parameters
    ----------
    guard : SocialGuard
        The model and thresholds that scored them; every score is made again and compared.
    scored : pandas.DataFrame
        Comments joined with what `SocialGuard.score_frame` gave.
    columns : Columns, optional
        Which columns hold what.
    most : int
        How many comments the page holds at the most, the gravest first; its charts count all of them.
    name : str
        What to call the comments.

    Returns
    -------
    str

    Raises
    ------
    DataError
        When a column is missing, an id repeats, or the scores are those of another model or policy.

    Examples
    --------
    >>> comments = pd.DataFrame({"text": ["Thank you all", "you idiot"]})
    >>> guard = SocialGuard.load()
    >>> page = build_review_sheet(guard, comments.join(guard.score_frame(comments)))
    >>> page[:15], "default-src 'none'" in page
    ('<!doctype html>', True)
    """
    rows, posts = _read_rows(guard, scored, columns or Columns())
    looked_into = (row | _look_into(guard, row, post) for row, post in zip(rows, posts, strict=True) if needs_look(row))
    queue = sorted(looked_into, key=gravity)
    comments = [*map(_without_blanks, [*queue, *(row for row in rows if not needs_look(row))][:most])]
    shown = list(dict.fromkeys(comment["post"] for comment in comments if "post" in comment))
    places = {post: place for place, post in enumerate(shown)}
    comments = [comment | {"post": places[comment["post"]]} if "post" in comment else comment for comment in comments]
    sheet = sha256(inline_json([guard.model_hash, guard.policy_text, shown, comments]).encode()).hexdigest()[:16]
    return build_page(
        *map(_template, ("html", "css", "js")),
        data={"sheet": sheet, "names": _names(), "posts": shown, "comments": comments},
        texts=_summary(rows, len(comments)) | {"name": name, "model": guard.model_hash[:12]},
        markup={"charts": _draw_charts(rows)},
    )


def needs_look(row: dict[str, Any]) -> bool:
    """Whether a comment belongs to the queue: an action is recommended, or a person must look."""
    return row["review"] or row["action"] != "none"


def _read_rows(guard: SocialGuard, scored: pd.DataFrame, columns: Columns) -> tuple[Rows, list[str]]:
    """One dict a comment, after making sure that this guard scored it, and the posts that the scores rest on."""
    check_columns(scored.columns, columns.text)
    ids, posts = comment_ids(scored, columns.id), _optional(scored, columns.post, "post")
    fresh, read = _score_again(guard, scored, columns.text, posts)
    authors, days = _optional(scored, columns.author, "author"), to_days(_optional(scored, columns.date, "date"))
    posts = [shorten(post, POST_SHOWN, placeholder=" …") for post in posts]
    texts = comment_texts(scored[columns.text])
    rows = [
        {
            "id": ids[i],
            "text": texts[i],
            "digest": text_digest(texts[i]),
            "author": authors[i],
            "post": posts[i],
            "day": days[i],
            "action": None if row.error else row.action,
            "categories": row.categories.split(";") if row.categories else [],
            "signposts": row.signposts.split(";") if row.signposts else [],
            "review": row.needs_review,
            "error": row.error,
        }
        for i, row in enumerate(fresh.itertuples())
    ]
    return rows, read


def _score_again(guard: SocialGuard, scored: pd.DataFrame, text: str, posts: list[str]) -> tuple[pd.DataFrame, list[str]]:
    """The new columns of the table made again and found to be the same, and the posts that they rest on, which may be blank."""
    table = _scored_texts(scored, text).to_frame("text").assign(post=pd.Series(posts, scored.index, object))  # lone surrogates
    fresh, read = _new_columns(guard, table, None), [""] * len(posts)
    if any(posts) and not same_scores(scored, fresh):
        answering = _new_columns(guard, table, "post")
        fresh, read = (answering, posts) if same_scores(scored, answering) else (fresh, read)
    check_scored(scored, fresh, rule_warnings(guard.policy.rules))
    return fresh, read


def _new_columns(guard: SocialGuard, table: pd.DataFrame, post: str | None) -> pd.DataFrame:
    return guard.score_frame(table, post=post).astype({"error": object}).fillna({"error": ""})


def _scored_texts(scored: pd.DataFrame, text: str) -> pd.Series:
    """The comments; a file of CSV cannot tell an empty one from a missing one: what was scored was empty."""
    texts = scored[text].astype(object).where(scored[text].notna(), None)
    if "error" in scored.columns:
        failed = scored["error"].fillna("").astype(str) != ""
        texts = texts.where(texts.notna() | failed, "")
    return texts


def _optional(scored: pd.DataFrame, column: str | None, usual: str) -> list[str]:
    """A column as text; blank throughout where it is not there and was not asked for."""
    check_columns(scored.columns, column)
    name = column or usual
    return comment_texts(scored[name]) if name in scored.columns else [""] * len(scored)


def to_days(dates: Sequence[str]) -> list[str]:
    """The calendar day of each date as it is written there, day before month; blank where it cannot be read.

    Examples
    --------
    >>> to_days(["2025-06-03T23:30:00+0000", "03/06/2025", "3 June 2025 11:15", "soon", ""])
    ['2025-06-03', '2025-06-03', '2025-06-03', '', '']
    """
    written = pd.Series(dates, dtype=object).str.replace(TIME_ZONE, r"\1", regex=True)
    # `dayfirst` would read 2025-06-03 as 6 March, so dates that begin with the year are read by themselves
    year_first = pd.to_datetime(written, errors="coerce", format="ISO8601")
    days = year_first.fillna(pd.to_datetime(written, errors="coerce", format="mixed", dayfirst=True))
    return days.dt.strftime("%Y-%m-%d").fillna("").tolist()


def _look_into(guard: SocialGuard, row: dict[str, Any], post: str) -> dict[str, Any]:
    if row["error"]:
        reason = f"This comment could not be scored ({row['error']}). A person must look."
        return {"near": [], "scores": {}, "reason": reason, "marks": [], "margin": 0.0}
    return review_item(guard.moderate(row["text"], post), guard.explain(row["text"], post), guard.policy)


def _without_blanks(row: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in row.items() if value is not False and value not in ("", [], {})}


def _template(kind: str) -> str:
    return Path(__file__).with_name(f"sheet.{kind}").read_text(encoding="utf-8")


# ---------------------------------------------------------------------------------------------------- words and counts


def _names() -> dict[str, dict[str, Any]]:
    return {
        "actions": {action: _title(action) for action in ACTIONS},
        "categories": {key: {"name": _title(key), "meaning": category.clause} for key, category in CATEGORIES.items()},
        "signposts": {key: {"name": _title(key), "meaning": signpost.meaning} for key, signpost in SIGNPOSTS.items()},
    }


def _title(key: str) -> str:
    return key.replace("_", " ").capitalize()


def _summary(rows: Rows, held: int) -> dict[str, str]:
    actions = Counter(row["action"] for row in rows)
    counts = {action: actions[action] for action in ACTIONS[1:]} | {
        "total": len(rows),
        "look": sum(map(needs_look, rows)),
        "urgent": sum(URGENT in row["signposts"] for row in rows),
    }
    held_note = "" if held == len(rows) else f"This page holds {held:,} of them, the gravest first; the figures count all."
    return {name: f"{count:,}" for name, count in counts.items()} | {"held": held_note}


def _draw_charts(rows: Rows) -> str:
    actions = Counter("Not scored" if row["action"] is None else _title(row["action"]) for row in rows)
    shown = [(name, actions[name]) for name in (*map(_title, ACTIONS), "Not scored") if name in actions or name != "Not scored"]
    charts = [
        bar_chart("actions", "Recommended action", shown),
        bar_chart("categories", "Category", _count(CATEGORIES, (key for row in rows for key in row["categories"]))),
        bar_chart("signposts", "Needs an answer", _count(SIGNPOSTS, (key for row in rows for key in row["signposts"]))),
    ]
    return "".join(charts) + _draw_days(rows)


def _count(keys: Iterable[str], found: Iterable[str]) -> list[tuple[str, int]]:
    counts = Counter(found)
    return [(_title(key), counts[key]) for key in keys]


def _draw_days(rows: Rows) -> str:
    days = pd.to_datetime(pd.Series([row["day"] for row in rows]), format="%Y-%m-%d", errors="coerce")
    if days.isna().all():
        return ""
    looks = pd.DataFrame({"all": 1, "look": list(map(needs_look, rows))}).groupby(days.to_numpy()).sum()
    step, rule, style = _step((looks.index.max() - looks.index.min()).days + 1)
    counts = [(f"{day:{style}}".lstrip("0"), int(all_), int(look)) for day, all_, look in looks.resample(rule, label="left", closed="left").sum().itertuples()]
    undated = int(days.isna().sum())
    title = f"Comments by {step}" + (f" ({undated:,} without a date that can be read)" if undated else "")
    return column_chart("days", title, ("All comments", "To look at"), counts)


def _step(days: int) -> tuple[str, str, str]:
    if days <= MOST_COLUMNS:
        return "day", "D", "%d %b %Y"
    if days <= 7 * MOST_COLUMNS:
        return "week from", "W-MON", "%d %b %Y"
    return ("month", "MS", "%b %Y") if days <= 31 * MOST_COLUMNS else ("year", "YS", "%Y")
