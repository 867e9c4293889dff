import re

from hypothesis import given
from hypothesis import strategies as st

from social_guard.words import text as text_room
from social_guard.words.suspects import spaced_places, suspect_chunks
from social_guard.words.text import chunk_readings, find_readings, fold
from tests.test_text import DISGUISES, TEXTS

GAPS = re.compile(r"[^\s\"“”(),;:?<>\[\]{}&=#%]+")
SUSPECT = re.compile(
    r"[^\x00-\x7f‹›]|([a-z])\1\1|[a-z][@$!|+0-9]+[a-z]|\$[a-z]|[a-z]\$|[0-9@!|+][a-z]|[a-z][0-9@]|[a-z]\*[a-z*]"
    r"|(?<![a-z0-9'])[a-z][ .\-_*,/\\~^]{1,3}[a-z0-9@$!][ .\-_*,/\\~^]{1,3}[a-z](?![a-z0-9'])"
    r"|(?<![a-z0-9'])[a-z][.\-_~^][a-z]{2}|[a-z]{2}[.\-_~^][a-z](?![a-z0-9'])"
)
DISGUISED = st.lists(st.sampled_from([written for written, _ in DISGUISES] + ["a", "i", ".", "2", "ab", "''", "*", "s***d", "‹link›"])).flatmap(
    lambda parts: st.sampled_from([" ".join(parts), "".join(parts), ".".join(parts)])
)


def chunks_of(folded):
    data = b"\xff" * 16 + folded.encode() + b"\xff" * 16
    return {data[start:end].decode() for start, end in zip(*suspect_chunks(data), strict=True)}, spaced_places(data)


@given(TEXTS | DISGUISED)
def test_no_reading_is_missed(raw):
    """Every stretch with a reading is a suspect; what has readings beyond its stretches has spaced places."""
    folded = fold(raw)
    chunks, spaced = chunks_of(folded)
    assert {match[0] for match in GAPS.finditer(folded) if chunk_readings(match[0])} <= chunks
    inside = {(m.start() + r.start, m.start() + r.end) for m in GAPS.finditer(folded) for r in chunk_readings(m[0])}
    assert len(spaced) or {(r.start, r.end) for r in find_readings(folded)} == inside


@given(TEXTS | DISGUISED)
def test_the_quick_search_finds_what_the_plain_pattern_finds(raw):
    """The search that jumps to rare characters is the pattern in its plain form."""
    folded = fold(raw)
    assert text_room._is_suspect(folded) == bool(SUSPECT.search(folded))


def test_usual_words_are_no_suspects():
    """Plain sentences need no look at all."""
    chunks, spaced = chunks_of("thank you, ward 5: i am a nurse. don't ring 07700 900123! well-known follow-up")
    assert (chunks, len(spaced)) == (set(), 0)
