import json
import pickle
import re

import numpy as np
import pytest
from hypothesis import strategies as st

from social_guard.categories import CATEGORIES, NOT_ENGLISH
from social_guard.exceptions import DataError, RequestError
from social_guard.perspective import ATTRIBUTES, PerspectiveClient, analyze_comment, analyze_comments
from social_guard.policy.reading import parse_policy
from tests.conftest import ROOT

GUIDE = (ROOT / "docs" / "leaving-perspective.md").read_text(encoding="utf-8")
SHARES = st.floats(0.001, 0.999)
POLICY = parse_policy("version = 1\nnot_english = 0.5")


class WordGuard:
    """A guard of known scores: each head that is named in a text, "key=0.3", has that score there, others have 0.01."""

    def __init__(self, *heads: str) -> None:
        self.heads = heads or (*CATEGORIES, NOT_ENGLISH)
        self.policy = POLICY
        self.manifest = {"prevalence": {"spam": 0.5}}

    def scores(self, texts):
        found = [dict(word.split("=") for word in text.rstrip(".!?").split() if "=" in word) for text in texts]
        return np.array([[float(words.get(head, 0.01)) for head in self.heads] for words in found])


def ask(text, *attributes, **more):
    return {"comment": {"text": text}, "requestedAttributes": {name: {} for name in attributes or ["TOXICITY"]}, **more}


def values(reply):
    return {name: scores["summaryScore"]["value"] for name, scores in reply["attributeScores"].items()}


def test_an_answer_has_the_shape_of_the_api():
    """Every key of it, and nothing else; the client's token comes back."""
    request = ask("spam=0.25", "SPAM", languages=["en"], clientToken="t1", doNotStore=True, sessionId="s", communityId="c")
    score = {"value": 0.25, "type": "PROBABILITY"}
    assert analyze_comment(WordGuard(), request, prevalence=0.5) == {
        "attributeScores": {"SPAM": {"spanScores": [{"begin": 0, "end": 9, "score": score}], "summaryScore": score}},
        "languages": ["en"],
        "detectedLanguages": ["en"],
        "clientToken": "t1",
    }


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("abuse=0.9", {"TOXICITY", "SEVERE_TOXICITY", "THREAT"}),
        ("hate_speech=0.9", {"TOXICITY", "SEVERE_TOXICITY", "IDENTITY_ATTACK"}),
        ("offensive_language=0.9", {"TOXICITY", "INSULT", "PROFANITY", "OBSCENE"}),
        ("spam=0.9", {"SPAM"}),
        ("off_topic=0.9", {"OFF_TOPIC"}),
        ("harassment=0.9 privacy=0.9", set()),  # civil words about a named person have no name in Perspective
    ],
)
def test_which_category_answers_which_attribute(text, expected):
    """The highest of its categories counts."""
    found = values(analyze_comment(WordGuard(), ask(text, *ATTRIBUTES), prevalence=None))
    assert {name for name, value in found.items() if value == 0.9} == expected
    assert {value for name, value in found.items() if name not in expected} == {0.01}


def test_scores_are_given_at_the_share_that_is_asked_for():
    """From the share of the manifest where it names one, else of the taxonomy; None leaves them as they are."""
    for wanted, spam, abuse in ((None, 0.2, 0.2), (0.5, 0.2, 0.995 / 1.015), (0.005, 0.25 / 199.25, 0.2)):
        found = values(analyze_comment(WordGuard(), ask("spam=0.2 abuse=0.2", "SPAM", "THREAT"), prevalence=wanted))
        assert found == pytest.approx({"SPAM": spam, "THREAT": abuse})


@pytest.mark.parametrize("wanted", [0, 1, -0.5, 2, float("nan")])
def test_a_share_that_leaves_nothing_to_tell_apart_is_refused(wanted):
    """None of the comments, or all of them."""
    with pytest.raises(DataError, match="must lie between 0 and 1"):
        analyze_comment(WordGuard(), ask("hello"), prevalence=wanted)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("One. Two! Three?", ["One.", "Two!", "Three?"]),
        ("  One line\n\nanother\n", ["One line", "another"]),
        ("One line\r\nanother", ["One line", "another"]),
        ("It costs 3.50 at example.org... really?! yes", ["It costs 3.50 at example.org...", "really?!", "yes"]),
        ("😀 Fine. ok", ["😀 Fine.", "ok"]),
        ("...", ["..."]),
    ],
)
def test_sentences_have_scores_of_their_own(text, expected):
    """Places are counted in characters of the text as it was sent."""
    reply = analyze_comment(WordGuard(), ask(text, spanAnnotations=True))
    spans = [(span["begin"], span["end"]) for span in reply["attributeScores"]["TOXICITY"]["spanScores"]]
    assert [text[begin:end] for begin, end in spans] == expected


def test_a_sentence_is_scored_alone():
    """And the summary is that of the whole comment."""
    request = ask("spam=0.2. spam=0.7.", "SPAM", spanAnnotations=True)
    scores = analyze_comment(WordGuard(), request, prevalence=None)["attributeScores"]["SPAM"]
    assert [span["score"]["value"] for span in scores["spanScores"]] == [0.2, 0.7]


def test_long_runs_of_signs_cost_little():
    """Two megabytes that would take an hour, were the search for sentences not linear."""
    reply = analyze_comment(WordGuard(), ask("!" * 2_000_000 + "a. " * 10_000, spanAnnotations=True))
    assert len(reply["attributeScores"]["TOXICITY"]["spanScores"]) == 10_000


@pytest.mark.parametrize(("threshold", "shown"), [(0.3, True), (0.2999, True), (0.3001, False)])
def test_a_score_below_its_threshold_is_left_out(threshold, shown):
    """A score at the threshold is shown."""
    attributes = {"SPAM": {"scoreType": "PROBABILITY", "scoreThreshold": threshold}}
    request = {"comment": {"text": "spam=0.3", "type": "PLAIN_TEXT"}, "requestedAttributes": attributes}
    assert bool(analyze_comment(WordGuard(), request, prevalence=None)["attributeScores"]) == shown


@pytest.mark.parametrize(
    ("request_", "message", "kind"),
    [
        (ask(""), "Comment must be non-empty.", "COMMENT_EMPTY"),
        (ask(" \n"), "Comment must be non-empty.", "COMMENT_EMPTY"),
        (ask("hello", "TOXICITY", "FLIRTATION"), "cannot be answered: FLIRTATION. Ask for some of TOXICITY, SEVERE_", None),
        (ask("hello", "SEXUALLY_EXPLICIT"), "cannot be answered: SEXUALLY_EXPLICIT", None),
        ({"comment": {"text": "hello"}, "requestedAttributes": {}}, "No attributes requested", None),
        ({"comment": {"text": "hello"}}, "missing required field `requestedAttributes`", None),
        ({"requestedAttributes": {"TOXICITY": {}}}, "missing required field `comment`", None),
        (ask("hello", spanAnotations=True), "unknown field `spanAnotations`", None),
        (ask(7), "Expected `str`, got `int` - at `$.comment.text`", None),
        (ask("hallo", languages=["en", "de"]), "TOXICITY does not support request languages: en, de", "LANGUAGE_NOT_SUPPORTED_"),
        (ask("not_english=0.5"), "TOXICITY does not support request languages: und", "LANGUAGE_NOT_SUPPORTED_BY_ATTRIBUTE"),
        ("hello", "Expected `object`, got `str`", None),
    ],
)
def test_errors_have_the_shape_of_the_api(request_, message, kind):
    """Code 400, a message, and the kind of error where the API has a name for it."""
    error = analyze_comment(WordGuard(), request_)["error"]
    assert (error["code"], error["status"]) == (400, "INVALID_ARGUMENT") and message in error["message"]
    assert ("details" in error) == (kind is not None)
    assert kind is None or error["details"][0]["errorType"].startswith(kind)


@pytest.mark.parametrize("languages", [["en"], ["en-GB"], ["EN"]])
def test_a_language_that_is_named_is_believed(languages):
    """As the API does; what was detected is told beside it."""
    reply = analyze_comment(WordGuard(), ask("not_english=0.9", languages=languages))
    assert (reply["languages"], reply["detectedLanguages"]) == (languages, ["und"])


def test_a_model_without_a_category_does_not_answer_for_it():
    """TOXICITY needs three; a model of one's own may have fewer."""
    guard = WordGuard("spam", "abuse")
    assert set(values(analyze_comment(guard, ask("spam=0.9", "SPAM", "THREAT")))) == {"SPAM", "THREAT"}
    assert "Ask for some of THREAT, SPAM." in analyze_comment(guard, ask("x"))["error"]["message"]


def test_many_requests_are_answered_in_order():
    """Each as it would be alone; an error among them stops nothing, and the guard is asked once."""
    guard, calls = WordGuard(), []
    scores, guard.scores = guard.scores, lambda texts: calls.append(len(texts)) or scores(texts)
    requests = [ask("spam=0.2. spam=0.3", "SPAM", spanAnnotations=True), ask(""), ask("not_english=1"), ask("spam=0.9", "SPAM")]
    replies = analyze_comments(guard, requests)
    assert len(calls) == 1
    assert replies == [analyze_comment(guard, request) for request in requests]
    assert ["error" in reply for reply in replies] == [False, True, True, False]
    assert analyze_comments(guard, []) == [] and analyze_comments(guard, [ask("")])[0]["error"]["code"] == 400


def test_the_client_looks_like_googles():
    """One line of existing code changes; an error is raised under the names that Google's has."""
    client = PerspectiveClient(WordGuard(), prevalence=None)
    request = ask("spam=0.25", "SPAM")
    reply = client.comments().analyze(body=request).execute(num_retries=3)
    assert reply == analyze_comment(WordGuard(), request, prevalence=None)
    with pytest.raises(RequestError, match="Comment must be non-empty.") as caught:
        client.comments().analyze(body=ask("")).execute()
    assert (caught.value.status_code, caught.value.reason) == (400, "Comment must be non-empty.")
    copy = pickle.loads(pickle.dumps(caught.value))
    assert (copy.error, str(copy)) == (caught.value.error, str(caught.value))


def test_answers_of_the_shipped_model(shipped_guard):
    """They are JSON, tell an insult from thanks at an old threshold, and stay in order: severe is never above toxic."""
    texts = ["You are a stupid idiot", "Thank you to the kind nurses on Ward 4", "I waited nine hours, it was a disgrace"]
    found = [values(reply) for reply in analyze_comments(shipped_guard, [ask(text, *ATTRIBUTES) for text in texts])]
    assert json.loads(json.dumps(found)) == found
    assert [scores["TOXICITY"] >= 0.9 for scores in found] == [True, False, False]
    assert all(scores["SEVERE_TOXICITY"] <= scores["TOXICITY"] for scores in found)


def test_the_guide_names_every_attribute_with_its_categories():
    """No more and no fewer."""
    rows = [line.split("|")[1:3] for line in GUIDE.splitlines() if line.startswith("| `")]
    found = {name: tuple(re.findall(r"`(\w+)`", keys)) for names, keys in rows for name in re.findall(r"`(\w+)`", names)}
    assert found == ATTRIBUTES
