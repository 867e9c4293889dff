import datasets
import pandas as pd
import pytest

from social_guard import load_comments, split_comments
from social_guard.categories import CATEGORIES, HEADS
from social_guard.exceptions import DataError
from social_guard.files.data import group_comments, source_registry, text_key
from tests.conftest import COMMENTS

FRAME = pd.DataFrame({"text": ["Thanks", "Buy now", "hm"], "spam": [0, 1, None], "complaint": [0, 0, 1]})


@pytest.mark.parametrize("suffix", ["csv", "jsonl", "parquet"])
def test_every_file_format_gives_the_same_frame(tmp_path, suffix):
    """A missing label stays missing."""
    path = tmp_path / f"mine.{suffix}"
    {
        "csv": lambda: FRAME.to_csv(path, index=False),
        "jsonl": lambda: FRAME.to_json(path, orient="records", lines=True),
        "parquet": lambda: FRAME.to_parquet(path),
    }[suffix]()
    loaded = load_comments(path)
    pd.testing.assert_frame_equal(loaded, load_comments(FRAME, name="mine"))
    assert loaded["spam"].isna().tolist() == [False, False, True]


def test_a_comment_of_no_source_is_of_its_file(shipped_guard, tmp_path):
    """So one empty cell does not stop an evaluation by source."""
    (tmp_path / "mine.csv").write_text("text,source,spam\nThanks,page,0\nBuy now,,1\nBuy followers,page,1\n")
    loaded = load_comments(tmp_path / "mine.csv")
    assert loaded["source"].tolist() == ["page", "mine", "page"]
    assert shipped_guard.evaluate(loaded, redraws=2, disguises=()).by_source.index.tolist() == [("page", "spam")]


def test_posts_are_kept(tmp_path):
    """Of a frame and of a folder, where some files have none; the text itself is no post."""
    frame = pd.DataFrame({"text": ["a", "b"], "post": ["Car park shut", None]})
    assert load_comments(frame)["post"].tolist() == ["Car park shut", ""]
    assert "post" not in load_comments(frame, text="post") and "post" not in load_comments(frame[["text"]])
    frame.to_csv(tmp_path / "with.csv", index=False)
    frame[["text"]].to_csv(tmp_path / "without.csv", index=False)
    assert load_comments(tmp_path)["post"].tolist() == ["Car park shut", "", "", ""]


ODD = pd.DataFrame({"text": ["None", "n/a", "null", "123"], "writer": ["007", "7", "12345678901234567891", "12345678901234567892"], "spam": [1, 0, 1, 0]})


@pytest.mark.parametrize("name", ["mine.csv", "mine.csv.gz", "mine.jsonl", "mine.jsonl.gz", "mine.json", "mine.ndjson", "mine.parquet"])
def test_comments_and_writers_are_read_as_they_stand(tmp_path, name):
    """A comment may be a word that elsewhere means nothing, and a number of a writer is not reckoned with; as scoring reads them."""
    if name.endswith("parquet"):
        ODD.to_parquet(tmp_path / name)
    elif "csv" in name:
        ODD.to_csv(tmp_path / name, index=False)
    else:
        ODD.to_json(tmp_path / name, orient="records", lines=True)
    for source in (tmp_path / name, tmp_path) if not name.endswith("gz") else (tmp_path / name,):
        assert load_comments(source)[list(ODD)].astype(object).values.tolist() == ODD.values.tolist()


def test_labels_in_the_words_of_other_programs(tmp_path):
    """What spreadsheets and R write for yes, no and nothing."""
    (tmp_path / "mine.csv").write_text("text,spam\na,TRUE\nb,False\nc,NA\nd,\ne,1.0\n")
    assert load_comments(tmp_path / "mine.csv")["spam"].tolist() == [1, 0, pd.NA, pd.NA, 1]


def test_half_of_a_surrogate_pair_is_read(tmp_path):
    """JSON can hold it; a column of text cannot."""
    (tmp_path / "mine.jsonl").write_text('{"text": "hm \\ud83d", "spam": 0}\n')
    assert load_comments(tmp_path / "mine.jsonl")["text"].tolist() == ["hm ?"]


def test_files_of_one_name_and_two_endings_are_both_kept(tmp_path):
    """They are parts of one source."""
    FRAME.to_csv(tmp_path / "mine.csv", index=False)
    FRAME.to_json(tmp_path / "mine.jsonl", orient="records", lines=True)
    loaded = load_comments(tmp_path)
    assert loaded["text"].tolist() == [*FRAME["text"]] * 2 and set(loaded["source"]) == {"mine"}


def test_hugging_face_data_sets_load(tmp_path):
    """A `Dataset`, a `DatasetDict` and a folder go through the `datasets` library."""
    dataset = datasets.Dataset.from_pandas(FRAME)
    assert load_comments(dataset)["spam"].tolist()[:2] == [0, 1]
    both = load_comments(datasets.DatasetDict({"train": dataset, "test": dataset}))
    assert both["split"].tolist() == ["train"] * 3 + ["test"] * 3
    FRAME.to_parquet(tmp_path / "paradetox.parquet")
    FRAME.to_parquet(tmp_path / "olid_offenseval2019.parquet")
    FRAME.to_csv(tmp_path / "unheard_of.csv", index=False)
    assert set(load_comments(tmp_path)["source"]) == {"paradetox", "olid_offenseval2019", "unheard_of"}
    assert set(load_comments(tmp_path, licence_class="open")["source"]) == {"paradetox"}


def test_a_hub_name_loads_with_its_label_mapping(monkeypatch):
    """The registry says which column holds the text and what its labels mean."""
    asked = []

    def load_dataset(path, name=None, split=None):
        asked.append((path, name, split))
        return datasets.Dataset.from_dict({"tweet": ["a", "b", "c"], "class": [0, 1, 2]})

    monkeypatch.setattr(datasets, "load_dataset", load_dataset)
    loaded = load_comments("tdavidson/hate_speech_offensive")
    assert asked == [("tdavidson/hate_speech_offensive", None, "train")]
    assert loaded["source"].unique().tolist() == ["davidson_2017"]
    assert loaded["hate_speech"].tolist() == [1, 0, 0]
    assert loaded["offensive_language"].isna().tolist() == [True, False, False]


def test_listed_labels_mean_fully_labelled():
    """Heads that are not listed are 0, not unknown."""
    loaded = load_comments(pd.DataFrame({"text": ["a", "b"], "labels": [["spam", "privacy"], []]}))
    assert loaded[list(HEADS)].isna().sum().sum() == 0
    assert loaded.loc[0, ["spam", "privacy", "abuse"]].tolist() == [1, 1, 0]


def test_a_missing_list_of_labels_is_unknown(tmp_path):
    """No label follows where nobody has looked; an empty list says that none applies."""
    lines = ['{"text": "a", "labels": ["spam"]}', '{"text": "b", "labels": []}', '{"text": "c", "labels": ""}', '{"text": "d", "labels": null}', '{"text": "e"}']
    (tmp_path / "mine.jsonl").write_text("\n".join(lines))
    pd.DataFrame({"text": ["a", "b", "d"], "labels": [["spam"], [], None]}).to_parquet(tmp_path / "mine.parquet")
    for source in (tmp_path / "mine.jsonl", tmp_path / "mine.parquet", tmp_path):
        loaded = load_comments(source)
        known = loaded[~loaded["text"].isin(["d", "e"])]
        assert known["spam"].tolist() == [int(text == "a") for text in known["text"]] and not known[list(HEADS)].isna().any(axis=None)
        assert loaded.drop(known.index)[list(HEADS)].isna().all(axis=None) and len(known) < len(loaded)


def test_an_empty_cell_of_labels_in_csv_says_that_none_applies(tmp_path):
    """CSV has no other way to write an empty list."""
    (tmp_path / "mine.csv").write_text("text,labels\na,spam;privacy\nb,\n")
    for source in (tmp_path / "mine.csv", tmp_path):
        assert load_comments(source)[["spam", "privacy", "abuse"]].values.tolist() == [[1, 1, 0], [0, 0, 0]]


@pytest.mark.parametrize(
    ("frame", "message"),
    [
        (pd.DataFrame({"comment": ["x"]}), "no column 'text'; the columns are comment"),
        (pd.DataFrame({"text": ["x"], "spam": [2]}), "column 'spam' has .*2.* in row 0"),
        (pd.DataFrame({"text": ["x"], "labels": ["spma"]}), "unknown label 'spma'"),
        (pd.DataFrame({"text": ["x"], "labels": [[1]]}), "unknown label '1'"),
    ],
)
def test_bad_frames_say_what_is_wrong(frame, message):
    """Column, row and value are named."""
    with pytest.raises(DataError, match=message):
        load_comments(frame)


@pytest.mark.parametrize(("name", "content"), [("a.csv", b"\xff\xfe\x00"), ("a.parquet", b"no"), ("a.jsonl", b"{")])
def test_bad_files_are_named(tmp_path, name, content):
    """So is a file that is not there, and an empty folder."""
    (tmp_path / name).write_bytes(content)
    for source in (tmp_path / name, tmp_path / "nothing.csv"):
        with pytest.raises(DataError, match=source.name):
            load_comments(source)
    (tmp_path / "empty").mkdir()
    with pytest.raises(DataError, match="no comments found"):
        load_comments(tmp_path / "empty")


def test_pairs_and_duplicates_share_a_group():
    """Chains of equal texts and pairs are one group, whatever the order of the rows."""
    rows = pd.DataFrame(
        {
            "text": ["You IDIOT!", "you idiot", "you fool", "other", "you fool 🙂"],
            "source": ["paradetox", "x", "paradetox", "x", "y"],
            "group": ["7", "", "7", "", ""],
        }
    )
    groups = group_comments(rows)
    assert groups[0] == groups[1] == groups[2] == groups[4] != groups[3]
    assert list(group_comments(rows[::-1])) == list(groups[::-1])


def test_a_group_column_that_is_no_pair_does_not_group():
    """The registry says for which sources `group` names pairs."""
    rows = pd.DataFrame({"text": ["a b", "c d"], "source": "nhs_fft_px_phase1", "group": "critical"})
    assert len(set(group_comments(rows))) == 2


def test_splits_are_stable_and_never_share_a_text(own_comments):
    """A comment keeps its side when other groups of comments are added."""
    train, test = split_comments(own_comments, 0.3)
    assert not set(map(text_key, train["text"])) & set(map(text_key, test["text"]))
    assert 0.2 < len(test) / len(own_comments) < 0.4
    part = own_comments[pd.factorize(group_comments(own_comments))[0] % 2 == 0]
    _, fewer = split_comments(part, 0.3)
    assert set(fewer["text"]) == set(test["text"]) & set(part["text"]) and len(part) < 0.6 * len(own_comments)


def test_registry_is_complete():
    """Every source has a licence, a class and a quality, and maps only to known heads."""
    for name, entry in source_registry().items():
        assert entry["licence"] and entry["licence_class"] in ("open", "restricted"), name
        assert 1 <= entry["quality"] <= 5
        assert set(entry.get("hub", {}).get("labels", {})) <= set(HEADS)


def test_our_own_comments_are_sound():
    """At least 300, every category and signpost among them, no text twice, only invented contact details."""
    own = load_comments(COMMENTS)
    assert len(own) >= 300
    assert (own[[head for head in HEADS if head in own]].sum() >= 20).sum() >= 15
    assert own["text"].map(text_key).duplicated().sum() == 0
    assert (own[list(CATEGORIES)].sum(axis=1) == 0).mean() >= 0.5


@pytest.mark.parametrize("column", ["labels", "spam"])
def test_half_of_a_surrogate_pair_is_no_label(column):
    """Refused like any other word."""
    with pytest.raises(DataError, match=column):
        load_comments(pd.DataFrame({"text": ["a"], column: pd.Series(["\udc8a"], dtype=object)}))
