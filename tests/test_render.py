import html
import re

from hypothesis import given
from hypothesis import strategies as st

from social_guard.pages.render import highlight, printable, table

MARKS = st.lists(st.tuples(st.integers(0, 30), st.integers(0, 30), st.floats(-5, 5)), max_size=8)


@given(st.text(min_size=30, max_size=40), MARKS)
def test_highlighting_loses_and_runs_nothing(text, marks):
    """Without the marks the HTML is the escaped text, control characters spelled out."""
    shown = highlight(text, marks)
    assert html.unescape(re.sub(r"</?mark[^>]*>", "", shown)) == html.unescape(html.escape(printable(text)))
    assert set(re.findall(r"<(/?\w+)", shown)) <= {"mark", "/mark"}


def test_overlapping_marks_add_up():
    """The shared part is the stronger."""
    assert re.findall(r'title="([^"]+)">(\w+)', highlight("abcd", [(0, 3, 1.0), (2, 4, 1.0)])) == [
        ("+1.00", "ab"),
        ("+2.00", "c"),
        ("+1.00", "d"),
    ]


@given(st.text())
def test_nothing_printed_can_steer_a_terminal(text):
    """Only printable characters and line breaks remain."""
    assert all(char.isprintable() or char == "\n" for char in printable(text))


def test_table_aligns():
    """Cells stand under their heading."""
    assert table([("a", "b"), ("long", "x")]).splitlines() == ["a     b", "long  x"]
