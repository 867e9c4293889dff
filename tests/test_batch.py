import pickle

import datasets
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from social_guard.exceptions import DataError
from social_guard.files.batch import DECISION_COLUMNS


def test_frame_gets_new_columns_only_with_its_index(shipped_guard):
    """The index may be anything; rows that cannot be scored are marked, not dropped."""
    frame = pd.DataFrame({"text": ["Thanks", None, 3, "you idiot", np.nan, ""]}, index=list("abcabc"))
    scored = shipped_guard.score_frame(frame)
    assert scored.index.equals(frame.index)
    assert list(scored.columns[-7:]) == list(DECISION_COLUMNS)
    assert scored["error"].fillna("").tolist() == ["", "no text", "int, not text", "", "no text", ""]
    bad = scored[scored["error"].notna()]
    assert bad["action"].isna().all() and bad["needs_review"].all() and bad["score_spam"].isna().all()
    assert (bad["automatic"] == "none").all()
    assert scored["action"].iloc[[0, 3, 5]].notna().all()


def test_frame_and_moderate_agree(shipped_guard, own_comments):
    """A row of a frame gets the decision that one comment alone gets."""
    part = own_comments[:200]
    scored = shipped_guard.score_frame(part)
    for text, row in zip(part["text"], scored.itertuples(), strict=True):
        decision = shipped_guard.moderate(text)
        assert (row.action, row.automatic, row.needs_review) == (str(decision.action), str(decision.automatic), decision.needs_review)
        assert row.categories == ";".join(decision.categories) and row.signposts == ";".join(decision.signposts)
        assert row.score_spam == decision.scores["spam"]


def test_an_empty_frame_gives_the_columns(shipped_guard):
    """No rows, no error."""
    assert len(shipped_guard.score_frame(pd.DataFrame({"text": []}))) == 0


@pytest.mark.parametrize(
    ("frame", "text", "message"),
    [
        (pd.DataFrame({"comment": ["x"]}), "text", "no column 'text'; the columns are comment"),
        (pd.DataFrame({"text": ["x"], "action": ["y"]}), "text", "columns action exist already"),
        (pd.DataFrame([["x", "y", 1]], columns=["text", "text", "n"]), "text", "more than one column is named text; rename them"),
    ],
)
def test_wrong_columns_are_named(shipped_guard, frame, text, message):
    """Errors say which columns there are and what to do."""
    with pytest.raises(DataError, match=message):
        shipped_guard.score_frame(frame, text)


def test_columns_of_one_name_are_refused_before_anything_is_scored(tiny_guard, tmp_path):
    """Tables of Arrow and files of Parquet may hold them, also where they are not read; nobody could say which is which."""
    table = pa.table([["x"], [1], ["y"], [2]], names=["text", "n", "about", "n"])
    pq.write_table(table, tmp_path / "in.parquet")
    with pytest.raises(DataError, match="^more than one column is named n; rename them"):
        tiny_guard.score_arrow(table)
    for target in ("out.parquet", "out.jsonl", "out.csv"):
        with pytest.raises(DataError, match="in.parquet: more than one column is named n; rename them"):
            tiny_guard.score_file(tmp_path / "in.parquet", tmp_path / target)
    assert [path.name for path in tmp_path.iterdir()] == ["in.parquet"]


TEXTS = ["Thank you all", None, "you idiot", ""] * 800
"""The first thousand rows of some copies have no error, those of others do."""


@pytest.fixture(scope="module")
def expected(shipped_guard):
    """What a frame gets, as plain values."""
    return plain(shipped_guard.score_frame(pd.DataFrame({"text": pd.Series(TEXTS, dtype=object)})))


def plain(frame):
    return frame.astype(object).where(frame.notna(), None).to_dict("list")


@pytest.mark.parametrize("kind", ["str", object, "string[python]", "category", pd.ArrowDtype(pa.string()), pd.ArrowDtype(pa.large_string())])
def test_text_of_any_type_of_pandas(shipped_guard, expected, kind):
    """Whatever keeps the text, the scores are the same."""
    text = pd.Series(TEXTS, dtype=object).where(lambda column: column.notna(), np.nan).astype(kind) if kind != "str" else pd.Series(TEXTS)
    assert plain(shipped_guard.score_frame(pd.DataFrame({"text": text}))) == expected


@pytest.mark.parametrize("kind", [pa.string(), pa.large_string(), pa.dictionary(pa.int32(), pa.string())])
def test_arrow_tables_and_batches(shipped_guard, expected, kind):
    """Tables of several chunks and slices as well; what comes back is of the same kind."""
    column = pa.array(TEXTS, pa.string()).cast(kind)
    table = pa.concat_tables([pa.table({"id": range(n), "text": part}) for n, part in ((100, column[:100]), (3100, column[100:]))])
    assert shipped_guard.score_arrow(table).to_pydict() == expected
    batch = shipped_guard.score_arrow(pa.record_batch({"text": column})[7:])
    assert isinstance(batch, pa.RecordBatch)
    assert batch.to_pydict() == {name: values[7:] for name, values in expected.items()}


@pytest.mark.parametrize("wrap", [list, np.array, pa.array, pd.Series])
def test_batches_of_columns(shipped_guard, expected, wrap):
    """Lists and arrays in, lists out."""
    assert shipped_guard.score_batch({"text": wrap(TEXTS)}) == expected
    with pytest.raises(DataError, match="no column 'comment'; the columns are text"):
        shipped_guard.score_batch({"text": []}, "comment")


@pytest.mark.parametrize("options", [{}, {"num_proc": 2}, {"num_proc": 2, "batch_size": 70}])
def test_data_sets_are_mapped_by_several_processes(shipped_guard, expected, options):
    """The columns stay, the new ones are typed, though the first rows of each process have no error."""
    ordered = sorted(range(len(TEXTS)), key=lambda i: TEXTS[i] is None)
    dataset = datasets.Dataset.from_dict({"id": ordered, "text": [TEXTS[i] for i in ordered]})
    datasets.disable_progress_bars()
    scored = shipped_guard.score_dataset(dataset, **options)
    assert scored.column_names == ["id", "text", *expected] and str(scored.features["error"].dtype) == "string"
    assert scored["id"][:] == ordered
    assert scored.remove_columns(["id", "text"]).to_dict() == {name: [values[i] for i in ordered] for name, values in expected.items()}


@pytest.mark.parametrize("stream", [True, False])
def test_data_sets_are_streamed(shipped_guard, expected, stream):
    """Row by row, also where the data set does not know its columns beforehand."""
    if stream:
        dataset = datasets.IterableDataset.from_generator(lambda: ({"text": text} for text in TEXTS))
    else:
        dataset = datasets.Dataset.from_dict({"text": TEXTS}).to_iterable_dataset(num_shards=4)
    rows = list(shipped_guard.score_dataset(dataset))
    assert [row.pop("text") for row in rows] == TEXTS
    assert {name: [row[name] for row in rows] for name in rows[0]} == expected


def test_a_guard_travels(shipped_guard, expected):
    """Pickled, it scores the same: so it goes to the workers of any scheduler."""
    assert pickle.loads(pickle.dumps(shipped_guard.score_batch))({"text": TEXTS}) == expected


POSTS = ["Thank you to all our volunteers", None, "", 7] * 800
"""What the comments answer; a missing one is none, a number is the sign of a wrong column."""


def test_posts_of_frames_tables_batches_and_data_sets(small_guard):
    """All give the scores that one comment with its post gets."""
    frame = pd.DataFrame({"text": TEXTS, "about": pd.Series(POSTS, dtype=object).where(lambda post: post != 7, np.nan)})
    scored = plain(small_guard.score_frame(frame, post="about"))
    decision = small_guard.moderate(TEXTS[0], post=POSTS[0])
    assert scored["score_off_topic"][0] == decision.scores["off_topic"] != small_guard.moderate(TEXTS[0]).scores["off_topic"]
    assert scored["score_off_topic"][2:4] == small_guard.score_frame(frame)["score_off_topic"].tolist()[2:4]
    table = pa.Table.from_pandas(frame)
    assert small_guard.score_arrow(table, post="about").to_pydict() == scored
    assert small_guard.score_batch(table.to_pydict(), post="about") == scored
    mapped = small_guard.score_dataset(datasets.Dataset(table), post="about")
    assert {name: mapped[name][:] for name in scored} == scored


def test_wrong_posts_are_marked(small_guard):
    """A column that is missing is named; a row whose post is no text is not scored."""
    frame = pd.DataFrame({"text": TEXTS[:4], "about": POSTS[:4]}, dtype=object)
    errors = small_guard.score_frame(frame, post="about")["error"].fillna("").tolist()
    assert errors == ["", "no text", "", "the post is int, not text"]
    with pytest.raises(DataError, match="no column 'abuot'; the columns are text, about: name the one with the posts"):
        small_guard.score_frame(frame, post="abuot")
