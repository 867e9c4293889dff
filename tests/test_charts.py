import re
from xml.etree import ElementTree

from hypothesis import given
from hypothesis import strategies as st

from social_guard.pages.charts import bar_chart, column_chart

LABELS = st.text("abc<>&\"'", min_size=1, max_size=8)


@given(st.lists(st.tuples(LABELS, st.integers(0, 10**6)), max_size=9))
def test_bars_are_well_formed_and_in_proportion(counts):
    """Whatever the labels hold; the longest bar is the largest count, and none leaves the drawing."""
    figure = ElementTree.fromstring(bar_chart("x", "A & <b>", counts))
    widths = [float(bar.get("width").rstrip("%")) for bar in figure.iter("rect")]
    assert next(figure.find("svg").itertext()) == "A & <b>"
    largest = max((count for _, count in counts), default=0)
    for width, (_, count) in zip(widths, counts, strict=True):
        assert abs(width - (40 * count / largest if largest else 0)) < 0.01


def test_the_table_holds_the_same_numbers():
    """Nobody has to read a drawing."""
    chart = column_chart("days", "By day", ("All", "To look at"), [("1 May", 1200, 30), ("2 May", 4, 0)])
    assert re.findall(r"<t[dh][^>]*>([^<]*)</t[dh]>", chart) == ["", "All", "To look at", "1 May", "1,200", "30", "2 May", "4", "0"]


def test_each_drawing_is_named_and_described():
    """A screen reader hears the title and what the chart says."""
    figure = ElementTree.fromstring(bar_chart("acts", "Actions", [("Hide", 3)]))
    drawing = figure.find("svg")
    names = {element.get("id"): element.text for element in drawing if element.get("id")}
    assert drawing.get("role") == "img"
    assert [names[key] for key in drawing.get("aria-labelledby").split()] == ["Actions", "Hide 3"]


def test_nothing_to_count_is_no_error():
    """Zeros, and no columns at all."""
    assert 'width="0.00%"' in bar_chart("x", "X", [("a", 0)])
    assert "<rect" not in column_chart("x", "X", ("a", "b"), [])
