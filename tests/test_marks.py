import pytest
from hypothesis import given

from social_guard.words.marks import MARKS, mark, normalise_marked
from social_guard.words.text import fold, normalise, token_spans, tokens
from tests.test_text import TEXTS


@given(TEXTS)
def test_fast_and_full_path_agree(raw):
    """The map back to the raw characters belongs to the same marked text."""
    assert normalise_marked(raw).text.lower() == mark(raw)


@given(TEXTS)
def test_marks_only_add(raw):
    """Without its marks, a marked comment has the tokens of the folded one."""
    assert [token for token in tokens(mark(raw)) if token not in MARKS] == tokens(fold(raw))


@given(TEXTS)
def test_nobody_can_write_a_mark(raw):
    """A comment that holds the characters of a mark gets it from its form alone."""
    inside = tokens(fold(f"‹name› {raw} ‹shout›"))
    assert MARKS.isdisjoint(inside)


@given(TEXTS)
def test_places_are_those_of_the_folded_text(raw):
    """Every token stands where it stands without marks; a mark stands for no characters."""
    marked, plain = normalise_marked(raw), normalise(raw)
    spans = [(token, marked.raw_span(start, end)) for token, start, end in token_spans(marked.text.lower())]
    assert [place for place in spans if place[0] not in MARKS] == [
        (token, plain.raw_span(start, end)) for token, start, end in token_spans(plain.text.lower())
    ]
    assert all(start == end for token, (start, end) in spans if token in MARKS)


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("ask Gavin", 1),
        ("Sister Dawn and Nurse Hattie", 2),
        ("I saw Bev Stott, then Dr Crewe.", 2),
        ("Gavin was kind", 0),  # a first word has a capital whoever it is
        ("on Monday at Christmas", 0),
        ("the NHS and BBC", 0),
        ("ring Gavin.smith@example.org", 0),
        ("a Polish nurse, a Muslim doctor", 0),
    ],
)
def test_names_are_marked(text, names):
    """Words with a capital inside a sentence, but not days, feasts, initials, or groups of people."""
    assert tokens(mark(text)).count("‹name›") == names


@pytest.mark.parametrize(
    ("text", "ending"),
    [
        ("Thanks", "‹end› ‹uptoone›"),
        ("one two three four five", "‹end› ‹uptosix›"),
        ("one\ntwo three\r\nfour\nfive", "‹end› ‹uptosix›"),
        ("NOT GOOD AT ALL", "‹end› ‹uptofour› ‹shout›"),
        ("OK", "‹end› ‹uptoone›"),
        ("a " * 100, "‹end› ‹overninety›"),
        ("", ""),
    ],
)
def test_length_and_shouting_are_marked(text, ending):
    """At the end, so that the last word still stands beside the mark of the end."""
    assert mark(text).endswith(ending) and (text or mark(text) == "")
