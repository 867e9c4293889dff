import pandas as pd
import pytest

from social_guard.categories import CATEGORIES
from social_guard.exceptions import DataError, LabelError
from social_guard.review.decisions import (
    COLUMNS,
    comment_ids,
    decision_labels,
    label_decisions,
    load_decisions,
    text_digest,
)

COMMENTS = pd.DataFrame({"id": ["007", "-8", "c"], "text": ["Buy now", "you idiot", None], "labels": ["spam", "", ""]})
NONE = dict.fromkeys(CATEGORIES, 0)


def decision(**given):
    return dict.fromkeys(COLUMNS, "") | {"id": "007"} | given


@pytest.mark.parametrize(
    ("agree", "change", "categories", "recommended", "offered", "labels"),
    [
        ("yes", "", "spam", "hide", "spam", {"spam": 1}),
        ("yes", "", "abuse;spam", "remove", "abuse;spam", {"abuse": 1, "spam": 1}),
        ("yes", "", "", "none", "", NONE),
        ("no", "none", "", "hide", "spam", NONE),
        ("no", "none", "spam", "hide", "spam", {"spam": 1}),  # it breaks the rule, and is let stand
        ("no", "remove", "spam", "hide", "spam", {"spam": 1}),
        ("no", "hide", "abuse", "hide", "spam", {"abuse": 1, "spam": 0}),
        ("no", "hide", "spam", "hide", "spam;abuse", {"spam": 1, "abuse": 0}),
        ("no", "hide", "privacy", "none", "", {"privacy": 1}),
        ("no", "hide", "", "none", "", {}),  # an action, but for what?
        ("no", "hide", "", "hide", "spam", {"spam": 0}),
        ("no", "hide", "spam", "", "", {"spam": 1}),  # a comment that could not be scored
        ("", "", "", "hide", "spam", {}),  # a note only
        (" YES ", "", "spam", "Hide", " spam ; ", {"spam": 1}),  # typed by hand
    ],
)
def test_a_decision_says_something_of_some_categories(agree, change, categories, recommended, offered, labels):
    """What it does not speak of stays unknown."""
    row = decision(agree=agree, change=change, categories=categories, recommended=recommended, recommended_categories=offered)
    assert decision_labels(row) == labels


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"agree": "maybe"}, "'007' has 'maybe' in column 'agree'; allowed are yes, no, nothing"),
        ({"agree": "no", "change": "delete"}, "'delete' in column 'change'; allowed are none, hide, remove, report"),
        ({"agree": "yes", "recommended": ""}, "'' in column 'recommended'"),
        ({"agree": "yes", "recommended": "hide", "categories": "spma"}, "'spma' in column 'categories'; allowed are abuse"),
    ],
)
def test_a_value_that_is_not_allowed_is_named(given, message):
    """With the comment and the column."""
    with pytest.raises(LabelError, match=message):
        decision_labels(decision(**given))


def test_decisions_find_their_comments():
    """Other columns stay, earlier labels go, undecided comments are left out."""
    rows = [
        decision(id="-8", agree="yes", recommended="hide", categories="abuse", text_digest=text_digest("you idiot")),
        decision(id="007", note="seen"),
        decision(id="c", agree="yes", recommended="none", text_digest=text_digest("")),
    ]
    labelled = label_decisions(pd.DataFrame(rows), COMMENTS)
    assert labelled.columns.tolist() == ["id", "text", *CATEGORIES]
    assert labelled["id"].tolist() == ["-8", "c"]
    assert labelled["abuse"].tolist() == [1, 0] and labelled["spam"].isna().tolist() == [True, False]


def test_nothing_known_gives_no_rows():
    """Not even one decision is no error."""
    assert label_decisions(pd.DataFrame([], columns=list(COLUMNS)), COMMENTS).empty


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ([decision(id="7")], "no comment has the id '7'"),
        ([decision(text_digest=text_digest("Buy later"))], "'007' has another text"),
        ([decision(), decision()], "two decisions .* '007'"),
    ],
)
def test_a_decision_never_lands_on_another_comment(rows, message):
    """Neither by an id that a spreadsheet changed, nor by an edited text."""
    with pytest.raises(DataError, match=message):
        label_decisions(pd.DataFrame(rows), COMMENTS)


def test_a_missing_text_column_is_named():
    """With the columns that there are."""
    with pytest.raises(DataError, match="no column 'comment'; the columns are id, text"):
        label_decisions(pd.DataFrame([decision()]), COMMENTS, text="comment")


@pytest.mark.parametrize(
    ("ids", "message"),
    [
        ({"id": ["a", None]}, "column 'id' has no value in row 2"),
        ({"id": ["a", "b", "a"]}, r"column 'id' repeats an id in row 3 \('a'\)"),
        ({"key": ["a"]}, "no column 'nr'; the columns are key"),
    ],
)
def test_ids_must_tell_comments_apart(ids, message):
    """A decision needs one comment, and one only."""
    with pytest.raises(DataError, match=message):
        comment_ids(pd.DataFrame(ids), "nr" if "key" in ids else None)


@pytest.mark.parametrize(
    ("written", "read"),
    [("'=1+1", "=1+1"), ("'-8", "-8"), ("' @x", " @x"), ("''=1", "'=1"), ("'quoted'", "'quoted'"), ("it's", "it's"), ("'", "'")],
)
def test_the_guard_against_formulas_is_taken_off(tmp_path, written, read):
    """And nothing else."""
    path = tmp_path / "decisions.csv"
    pd.DataFrame([decision(note=written)]).to_csv(path, index=False, encoding="utf-8-sig")
    assert load_decisions(path)["note"].tolist() == [read]


@pytest.mark.parametrize("content", [b"id,agree\n1,yes\n", b"", b"\xff\xfe\x00"])
def test_another_file_is_refused(tmp_path, content):
    """By name."""
    (tmp_path / "other.csv").write_bytes(content)
    with pytest.raises(DataError, match=r"other.csv: .*is it what the review sheet exported\?"):
        load_decisions(tmp_path / "other.csv")
