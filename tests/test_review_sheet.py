import json
import re

import pandas as pd
import pytest

from social_guard import build_review_sheet
from social_guard.exceptions import DataError, OutputError
from social_guard.files.stream import read_frame
from social_guard.review.decisions import COLUMNS
from social_guard.review.sheet import MOST_COLUMNS, Columns, write_review_sheet
from tests.conftest import ROOT

COMMENTS = pd.DataFrame(
    {
        "id": ["007", "8", "9", "10"],
        "text": ["Thank you to all the kind nurses on ward 4", "you stupid idiots", None, "When are visiting hours on ward 4?"],
        "date": ["2025-06-03", "03/06/2025", "", "2025-06-05T10:00:00Z"],
        "author": ["A <b>", "B", "C", ""],
    }
)


@pytest.fixture(scope="module")
def scored(shipped_guard):
    return COMMENTS.join(shipped_guard.score_frame(COMMENTS))


def data_of(page):
    return json.loads(re.search(r'id="data">(.*?)</script>', page).group(1))


@pytest.mark.parametrize("kind", ["csv", "jsonl", "parquet"])
def test_every_format_of_score_makes_a_sheet(shipped_guard, tmp_path, kind):
    """Ids stay as they are written; what cannot be scored is in the queue."""
    COMMENTS.to_csv(tmp_path / "in.csv", index=False)
    shipped_guard.score_file(tmp_path / "in.csv", tmp_path / f"out.{kind}")
    assert write_review_sheet(shipped_guard, tmp_path / f"out.{kind}", tmp_path / "review.html") == 4
    comments = data_of((tmp_path / "review.html").read_text(encoding="utf-8"))["comments"]
    assert [comment["id"] for comment in comments] == ["8", "9", "007", "10"]
    assert [comment.get("day", "") for comment in comments] == ["2025-06-03", "", "2025-06-03", "2025-06-05"]
    assert comments[1]["action"] is None and "could not be scored (no text)" in comments[1]["reason"]
    assert "offensive_language" in comments[0]["categories"] and comments[0]["marks"] and "marks" not in comments[2]


def test_an_empty_comment_survives_csv(shipped_guard, tmp_path):
    """Such a file cannot tell it from a missing one, but its score can."""
    pd.DataFrame({"text": ["", "Thanks"]}).to_parquet(tmp_path / "in.parquet")
    shipped_guard.score_file(tmp_path / "in.parquet", tmp_path / "out.csv")
    page = build_review_sheet(shipped_guard, read_frame(str(tmp_path / "out.csv")))
    assert all(comment["action"] for comment in data_of(page)["comments"])


def test_scores_of_another_model_are_refused(shipped_guard, small_guard, scored):
    """So are thresholds of another policy, and a text that was edited since."""
    with pytest.raises(DataError, match="not those of this model: in row 1 score_abuse"):
        build_review_sheet(small_guard, scored)
    policy = re.sub(r"(?m)^(hide|remove|report) = .*$", "", shipped_guard.policy_text)
    with pytest.raises(DataError, match="not those of this policy"):
        build_review_sheet(shipped_guard.with_policy(policy), scored)
    with pytest.raises(DataError, match="not those of this model: in row 2"):
        build_review_sheet(shipped_guard, scored.assign(text=[COMMENTS["text"][0], "you clever people", None, "x"]))


def test_a_rule_that_expired_since_is_named(shipped_guard):
    """What its last day hid is refused on the next, and told why."""
    rule = "\n[[rules.blocked]]\nphrase = 'ward 4'\ncategory = 'spam'\naction = 'hide'\n"
    scored = COMMENTS.join(shipped_guard.with_policy(shipped_guard.policy_text + rule).score_frame(COMMENTS))
    with pytest.raises(DataError, match=r"rules.blocked\[0\] \('ward 4'\) expired after 2026-03-30 and is ignored"):
        build_review_sheet(shipped_guard.with_policy(f"{shipped_guard.policy_text}{rule}until = 2026-03-30\n"), scored)


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        (Columns(text="comment"), "no column 'comment'"),
        (Columns(id="nr"), "no column 'nr'"),
        (Columns(date="day"), "no column 'day'"),
        (Columns(author="who"), "no column 'who'"),
        (Columns(post="under"), "no column 'under'"),
        (Columns(id="automatic"), "column 'automatic' repeats an id"),
    ],
)
def test_columns_that_were_asked_for_must_be_there(shipped_guard, scored, columns, message):
    """The usual ones are used where they are."""
    with pytest.raises(DataError, match=message):
        build_review_sheet(shipped_guard, scored, columns=columns)


def test_usual_columns_may_be_missing(shipped_guard, scored):
    """Without ids, rows are numbered; without dates there is no chart of days."""
    page = build_review_sheet(shipped_guard, scored.drop(columns=["id", "date", "author"]))
    assert [comment["id"] for comment in data_of(page)["comments"]] == ["2", "3", "1", "4"]
    assert "chart chart-days" not in page and "chart chart-days" in build_review_sheet(shipped_guard, scored)


def test_a_post_stands_once_however_many_answer_it(shipped_guard, scored):
    """Cut where it is long, and referred to by its place."""
    long = "Our new scanner has arrived. " * 9
    data = data_of(build_review_sheet(shipped_guard, scored.assign(post=[long, long, None, "Flu jabs"])))
    assert len(data["posts"]) == 2 and {len(post) < 165 for post in data["posts"]} == {True}
    shown = {comment["id"]: comment.get("post") for comment in data["comments"]}
    texts = {key: None if place is None else data["posts"][place][:8] for key, place in shown.items()}
    assert sorted(map(str, texts.values())) == ["Flu jabs", "None", "Our new ", "Our new "]


def test_scores_made_with_posts_are_made_again_with_them(shipped_guard):
    """Their reasons rest on the posts too; with other posts than those they are refused."""
    comments = pd.DataFrame({"text": ["the number 9 bus is late again you stupid idiots"] * 2, "post": ["The number 9 bus does not stop at our door today", None]})
    with_posts = comments.join(shipped_guard.score_frame(comments, post="post"))
    assert with_posts["score_off_topic"].nunique() == 2
    found = data_of(build_review_sheet(shipped_guard, with_posts))["comments"]
    assert len({str(comment["scores"]) for comment in found}) == 2
    with pytest.raises(DataError, match="not those of this model"):
        build_review_sheet(shipped_guard, with_posts.assign(post=["New scanner", None]))
    with pytest.raises(DataError, match="not those of this policy"):
        build_review_sheet(shipped_guard.with_policy(re.sub(r"(?m)^(hide|remove|report) = .*$", "", shipped_guard.policy_text)), with_posts)


def test_a_page_holds_the_gravest(shipped_guard, scored):
    """And says that it does; its figures count all."""
    page = build_review_sheet(shipped_guard, scored, most=1)
    assert [comment["id"] for comment in data_of(page)["comments"]] == ["8"]
    assert "holds 1 of them" in page and "<dt>Comments</dt><dd>4</dd>" in page


def test_the_same_scores_make_the_same_page(shipped_guard, scored):
    """And another page has other decisions in the browser."""
    page = build_review_sheet(shipped_guard, scored)
    assert page == build_review_sheet(shipped_guard, scored.copy())
    assert data_of(page)["sheet"] != data_of(build_review_sheet(shipped_guard, scored.head(3)))["sheet"]


@pytest.mark.parametrize(
    ("days", "step"),
    [(1, "day"), (MOST_COLUMNS, "day"), (MOST_COLUMNS + 1, "week"), (7 * MOST_COLUMNS + 1, "month"), (31 * MOST_COLUMNS + 1, "year")],
)
def test_time_is_drawn_in_steps_that_can_be_seen(shipped_guard, scored, days, step):
    """At most so many columns; every comment is counted."""
    ends = pd.date_range("2020-02-29", periods=days)[[0, -1, 0, -1]].strftime("%Y-%m-%d")
    page = build_review_sheet(shipped_guard, scored.assign(date=ends))
    wholes = re.findall(r'class="whole"', page)
    table = page[page.index("chart chart-days") : page.index("id=\"comments\"")]
    counts = re.findall(r'<th scope="row">[^<]*</th><td>(\d+)</td>', table)
    assert f"Comments by {step}" in table and len(wholes) <= MOST_COLUMNS + 1 and sum(map(int, counts)) == 4


def test_nothing_is_written_where_nothing_can_be(shipped_guard, tmp_path, scored):
    """A source without rows and a folder that is not there are named."""
    (tmp_path / "empty.csv").write_text("text\n", encoding="utf-8")
    with pytest.raises(DataError, match="empty.csv: holds no comments"):
        write_review_sheet(shipped_guard, tmp_path / "empty.csv", tmp_path / "review.html")
    scored.to_parquet(tmp_path / "scored.parquet")
    with pytest.raises(OutputError, match="does the folder exist"):
        write_review_sheet(shipped_guard, tmp_path / "scored.parquet", tmp_path / "nowhere" / "review.html")


def test_the_columns_and_keys_are_those_of_the_page():
    """The export's columns and the keys are written down where people look for them."""
    page = (ROOT / "docs" / "review_sheet.md").read_text(encoding="utf-8")
    script = (ROOT / "social_guard" / "review" / "sheet.js").read_text(encoding="utf-8")
    help_text = (ROOT / "social_guard" / "review" / "sheet.html").read_text(encoding="utf-8")
    assert re.search(r"const heads = (\[[^\]]*\]);", script).group(1) == str(list(COLUMNS)).replace("'", '"')
    keys = re.findall(r'^    "?([a-z/?])"?: ', script[script.index("const keys = {") :].split("};")[0], re.MULTILINE)
    assert len(keys) == 13 and sorted(keys) == sorted(re.findall(r"<kbd>(.)</kbd>", help_text))
    assert all(f"`{key}`" in page for key in keys)
