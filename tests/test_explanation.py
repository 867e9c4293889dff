import html
import json
import pickle
import re
from collections import Counter
from itertools import pairwise
from random import Random

import jsonschema
import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from sklearn.linear_model import LogisticRegression

from social_guard import CommentClassifier
from social_guard.evaluation.disguise import DISGUISES as WAYS
from social_guard.exceptions import DataError
from social_guard.explaining.explanation import explain_prediction
from social_guard.model.features import find_units
from social_guard.model.matrix import assemble, count_units
from social_guard.model.scorer import Scorer, to_probability
from social_guard.words.lexicon import Lexicon
from tests.conftest import ROOT
from tests.test_text import DISGUISES, TEXTS

SCHEMA = json.loads((ROOT / "docs" / "explanation.schema.json").read_text(encoding="utf-8"))
SHARED = settings(suppress_health_check=[HealthCheck.function_scoped_fixture])


@SHARED
@given(raw=TEXTS)
def test_contributions_add_up_for_any_text(shipped_guard, raw):
    """Intercept plus contributions is the log-odds, within 1e-9, for every head, by units and by words."""
    explanation = shipped_guard.explain(raw)
    intercepts = np.array(list(explanation.intercepts.values()))
    assert np.abs(intercepts + explanation.contributions.sum(axis=0) - explanation.log_odds).max() < 1e-9
    words = explanation.word_contributions.sum(axis=0) + explanation.form_contributions
    assert np.abs(intercepts + words - explanation.log_odds).max() < 1e-9
    assert np.array_equal(to_probability(explanation.log_odds), shipped_guard.scores([raw])[0])


@SHARED
@given(raw=TEXTS)
def test_units_are_those_of_the_comment_and_lie_inside(shipped_guard, raw):
    """Nothing is weighed that does not stand in the comment, and every place lies in what was written."""
    explanation = shipped_guard.explain(raw)
    found = {(unit.kind, unit.key) for unit in find_units(raw, shipped_guard._scorer.known)}
    assert {(unit.kind, unit.key) for unit in explanation.units} <= found
    for unit in (*explanation.units, *explanation.words):
        assert unit.spans and all(0 <= start <= end <= len(raw) for start, end in unit.spans)
    places = sorted(span for word in explanation.words for span in word.spans)
    assert all(first[1] <= second[0] for first, second in pairwise(places))


@SHARED
@given(raw=TEXTS)
def test_dict_fits_its_schema(shipped_guard, raw):
    """For any text, also after a round trip through JSON."""
    for utf16 in (False, True):
        content = json.loads(json.dumps(shipped_guard.explain(raw).to_dict(utf16=utf16)))
        jsonschema.validate(content, SCHEMA)
        assert content["text"] == raw
        length = len(raw.encode("utf-16-le", "surrogatepass")) // 2 if utf16 else len(raw)
        assert all(end <= length for term in content["terms"] for _, end in term["spans"])
        assert all(len(head["contributions"]) == len(content["terms"]) for head in content["heads"])


@pytest.mark.parametrize(("written", "meant"), [pair for pair in DISGUISES if pair[0] != "mor-on"])
@pytest.mark.parametrize("frame", ["you {} there", "🙂 {}!", "كلمة {} كلمة", "&amp; {} &lt;3", "e\u0301te\u0301 ({})"])
def test_ranges_hold_what_was_written(shipped_guard, frame, written, meant):
    """Through every disguise, beside emoji, entities, combining marks and words that run from right to left."""
    text = frame.format(written)
    guesses = [unit for unit in find_units(text, Lexicon({meant: 1.0})) if unit.kind == "token" and unit.key == meant]
    assert guesses, "the disguise is not seen through"
    explanation = shipped_guard.explain(text)
    whole = {text[start:end] for word in explanation.words for start, end in word.spans}
    assert written in whole


BARE = " |@"
"""What no token holds."""


@pytest.mark.parametrize("way", WAYS)
def test_ranges_of_words_in_every_disguise_that_we_test_with(shipped_guard, way):
    """What is read out of a disguised word stands where that word stands, to the letter, but for signs at its ends."""
    cases = pd.read_csv(ROOT / "data" / "functional" / "cases.csv")
    dice, seen = Random(way), 0
    for text in cases.loc[cases["plain_id"].isna(), "text"].iloc[::9]:
        words = list(re.finditer(r"(?<![\w'’*@.])[A-Za-z]{5,}(?![\w'’*@.])", text))
        if not words:
            continue
        word = dice.choice(words)
        hidden = WAYS[way](word[0], dice)
        written = text[: word.start()] + hidden + text[word.end() :]
        start = word.start() + len(hidden) - len(hidden.lstrip(BARE))
        place = (start, start + len(hidden.strip(BARE)))
        found = {unit.key: unit.spans for unit in shipped_guard.explain(written).units if unit.kind == "token"}
        keys = {word[0].lower(), hidden.lower()} & set(found)  # a word with a letter masked or left out is read as it stands
        if keys and text.lower().count(word[0].lower()) == 1:
            assert {found[key] for key in keys} == {(place,)}
            seen += 1
    assert seen > 50


@pytest.mark.parametrize(
    ("text", "token", "expected"),
    [
        ("an 1diot", "idiot", ["1diot"]),
        ("idiot, IDIOT", "idiot", ["idiot", "IDIOT"]),
        ("&#105;diot", "idiot", ["&#105;diot"]),
        ("i\u0301diot\u0301\u0323!", "idiot", ["i\u0301diot\u0301\u0323"]),
        ("\ud83d idiot \udc37", "idiot", ["idiot"]),
        ("قال idiot لهم", "idiot", ["idiot"]),
        ("see https://example.org/idiot now", "‹link›", ["https://example.org/idiot"]),
        ("\U0001d4f6 ok", "ok", ["ok"]),
    ],
)
def test_ranges_of_a_unit(shipped_guard, text, token, expected):
    """Every place of a unit, letter by letter; marks stay with their letter."""
    units = {unit.key: unit for unit in shipped_guard.explain(text).units if unit.kind == "token"}
    assert [text[start:end] for start, end in units[token].spans] == expected


def test_places_for_javascript(shipped_guard):
    """With `utf16` a pig counts as two characters."""
    terms = shipped_guard.explain("🐷 idiot").to_dict(utf16=True)["terms"]
    assert {term["term"]: term["spans"] for term in terms if term["kind"] == "token"}["idiot"] == [[3, 8]]


def test_frame_has_one_row_a_term_and_category(shipped_guard):
    """Terms point at what was written, and their contributions add up."""
    text = "You are an 1diot, nurse"
    explanation = shipped_guard.explain(text)
    frame = explanation.to_frame()
    assert list(frame.columns) == ["category", "term", "kind", "start", "end", "contribution"]
    assert len(frame) == len(explanation.units) * len(explanation.heads)
    sums = frame.groupby("category")["contribution"].sum()
    for head in explanation.heads:
        assert explanation.intercepts[head] + sums[head] == pytest.approx(explanation.logits[head], abs=1e-9)
    written = {row.term: text[row.start : row.end] for row in frame.itertuples()}
    assert written["nurse"] == "nurse" and written["idiot"] == "1diot"


def test_parts_add_up_to_the_token(shipped_guard):
    """Word and n-grams of a token are its contribution."""
    explanation = shipped_guard.explain("You absolute idiot")
    parts = explanation.parts("idiot")
    assert set(parts["kind"]) == {"word", "gram"}
    whole = explanation.contributions[[unit.key for unit in explanation.units].index("idiot")]
    assert parts.groupby("category", sort=False)["contribution"].sum().tolist() == pytest.approx(whole.tolist(), abs=1e-9)
    with pytest.raises(DataError, match="weighed no token 'fool' in this comment; it weighed 'you', 'absolute', 'idiot'"):
        explanation.parts("fool")


def test_forms_escape(shipped_guard):
    """HTML in a comment is shown, not run; control characters reach no terminal; each text has its reading direction."""
    explanation = shipped_guard.explain("<script>alert(1)</script> \x1b[31m thank you")
    shown = explanation._repr_html_()
    assert set(re.findall(r"<(\w+)", shown)) <= {"p", "b", "mark"} and "&lt;" in shown and 'dir="auto"' in shown
    assert "alert(1)" in html.unescape(re.sub(r"</?mark[^>]*>", "", shown))
    assert "\x1b" not in str(explanation)


def test_deciding_words_add_to_the_score(shipped_guard):
    """Only words that speak for the category are quoted, neighbours together."""
    explanation = shipped_guard.explain("Thank you for nothing, you useless f*cking idiots")
    column = explanation.word_contributions[:, explanation.heads.index("offensive_language")]
    adding = {word.key for word, share in zip(explanation.words, column, strict=True) if share > 0}
    words = explanation.deciding_words("offensive_language")
    assert words and {part for quoted in words for part in quoted.split()} <= adding
    assert "f*cking" in " ".join(words)
    assert shipped_guard.explain("").deciding_words("spam") == []


def test_unknown_heads_are_refused(shipped_guard):
    """The error lists the heads."""
    with pytest.raises(DataError, match="no head 'rudeness'; it has abuse, "):
        shipped_guard.explain("x").deciding_words("rudeness")
    with pytest.raises(DataError, match="no heads rudeness; it has abuse, "):
        shipped_guard.explain_frame(pd.DataFrame({"text": ["x"]}), heads=["rudeness"])


COMMENTS = pd.DataFrame({"comment": ["Thank you", "You idiots", None, "useless 1diots"]}, index=list("abcd"))


def test_explain_frame_explains_what_was_flagged(shipped_guard):
    """By default the categories that reach a threshold, the strongest terms first; rows without text have no rows."""
    frame = shipped_guard.explain_frame(COMMENTS, "comment", top=2)
    assert list(frame.columns) == ["row", "category", "term", "start", "end", "contribution"]
    assert set(frame["row"]) == {"b", "d"} and frame.groupby(["row", "category"]).size().max() == 2
    first = frame[(frame["row"] == "d") & (frame["category"] == "offensive_language")].iloc[0]
    assert COMMENTS.loc["d", "comment"][first["start"] : first["end"]] in ("1diots", "useless 1diots")


def test_explain_frame_with_all_terms_adds_up(shipped_guard):
    """The same numbers as one comment at a time."""
    frame = shipped_guard.explain_frame(COMMENTS, "comment", heads=["spam"], top=None)
    for label in "abd":
        explanation = shipped_guard.explain(COMMENTS.loc[label, "comment"])
        part = frame.loc[frame["row"] == label, "contribution"]
        assert len(part) == len(explanation.units)
        assert explanation.intercepts["spam"] + part.sum() == pytest.approx(explanation.logits["spam"], abs=1e-9)
    with pytest.raises(DataError, match="no column 'words'; the columns are comment"):
        shipped_guard.explain_frame(COMMENTS, "words")
    assert shipped_guard.explain_frame(COMMENTS[:0], "comment").empty


def test_an_explanation_travels(shipped_guard):
    """Through pickle, as it is."""
    explanation = shipped_guard.explain("You 1diot")
    again = pickle.loads(pickle.dumps(explanation))
    assert again.to_dict() == explanation.to_dict()


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # of eli5 itself
@pytest.mark.filterwarnings("ignore::FutureWarning")
def test_contributions_are_those_that_eli5_finds(own_comments):
    """By feature, for a plain scikit-learn regression with the same coefficients on the same matrix, within 1e-9."""
    import eli5

    rows = own_comments[:400]
    texts, labels = rows["text"].tolist(), rows["complaint"].astype(int).to_numpy()
    model = CommentClassifier(min_df=2, max_words=2000, max_grams=2000, folds=0).fit(texts, labels)
    matrix = assemble(count_units(texts, 2), model.vocabulary_).to_sparse().tocsr()
    plain = LogisticRegression()
    plain.classes_, plain.coef_, plain.intercept_ = model.classes_, model.coef_, model.intercept_
    blocks = zip(("word", "gram"), model.vocabulary_.blocks, strict=True)
    names = [f"{kind}|{key}" for kind, block in blocks for key in block.keys]
    scorer = Scorer(model.weights_)
    for row, text in enumerate(texts[:20]):
        explanation = explain_prediction(scorer, text)
        ours = Counter()
        for unit, contribution in zip(explanation.units, explanation.contributions[:, 0].tolist(), strict=True):
            if unit.kind == "pair":
                ours[f"word|{unit.key}"] += contribution
            else:
                ours.update({f"{p.kind}|{p.part}": p.contribution for p in explanation.parts(unit.key).itertuples()})
        found = eli5.explain_prediction(plain, matrix[row], feature_names=names, top=None).targets[0]
        sign = 1 if found.target == model.classes_[1] else -1  # it explains the likelier class
        weights = [*found.feature_weights.pos, *found.feature_weights.neg]
        theirs = {weight.feature: sign * weight.weight for weight in weights if weight.feature != "<BIAS>"}
        assert theirs and set(theirs) <= set(ours)
        assert max(abs(value - theirs.get(name, 0.0)) for name, value in ours.items()) < 1e-9
        assert explanation.log_odds[0] == pytest.approx(float(plain.decision_function(matrix[row])[0]), abs=1e-9)
