import html
import json

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from social_guard.pages.report import Section, cells, html_sections, plain_values, to_html, to_markdown, to_text

FRAME = pd.DataFrame(
    {"n": pd.array([1200, None], dtype="Int64"), "auc": [0.81234, np.nan], "auc_low": [0.8, np.nan], "auc_high": [0.9, np.nan]},
    index=pd.MultiIndex.from_tuples([("spam", "hide"), ("a|b", "<i>")], names=["head", "step"]),
)


def test_cells_hold_values_with_their_intervals():
    """What is missing is empty; levels of the index are columns."""
    assert cells(FRAME) == [
        ("head", "step", "n", "auc"),
        ("spam", "hide", "1,200", "0.812 (0.8–0.9)"),
        ("a|b", "<i>", "", ""),
    ]


@pytest.mark.parametrize(
    ("value", "shown"),
    [(0.0, "0"), (-0.0001, "0"), (1.0, "1"), (0.12345, "0.123"), (1234.5, "1,234.5"), ("x", "x"), (None, ""), (True, "True")],
)
def test_numbers_are_short(value, shown):
    """Three digits, no trailing zeros, no negative zero."""
    assert cells(pd.DataFrame({"x": pd.Series([value], dtype=object)}))[1][1] == shown


def test_plain_values_are_json():
    """Levels joined, missing as null."""
    found = json.loads(json.dumps(plain_values(FRAME), allow_nan=False))
    assert found["spam/hide"] == {"n": 1200, "auc": 0.81234, "auc_low": 0.8, "auc_high": 0.9}
    assert set(found["a|b/<i>"].values()) == {None}


def test_reports_hold_their_sections():
    """In Markdown, as text and as HTML."""
    sections = [Section("Areas", "A note.", FRAME), Section("Curve", svg="<svg/>")]
    markdown = to_markdown("Title", "Summary.", sections)
    assert markdown.startswith("# Title\n\nSummary.\n\n## Areas\n\nA note.\n\n| head |") and "| a\\|b | <i> |" in markdown
    assert "## Curve\n\n<svg/>" in markdown
    assert to_text("Summary.", sections).splitlines()[2:4] == ["Areas", "head  step  n      auc"]
    assert to_html("Title", "Summary.", sections).count("<svg/>") == 1


@settings(deadline=None)
@given(st.text(min_size=1), st.text(min_size=1))
def test_html_escapes_everything(title, cell):
    """Whatever stands in titles and cells."""
    found = html_sections([Section(title, cell, pd.DataFrame({cell: [cell]}, index=[title]))])
    assert html.escape(title) in found and found.count(html.escape(cell)) >= 3
    assert found.count("<td>") == 2 and found.count("<h2>") == 1
