import subprocess
import sys
from xml.etree import ElementTree

import numpy as np
import pandas as pd

from social_guard.pages.plots import line_plot, reliability_plot

CURVES = pd.DataFrame(
    {"mean_score": [0.1, 0.9, 0.5], "observed": [0.0, 1.0, 0.4], "observed_low": [0.0, np.nan, 0.3], "observed_high": [0.1, np.nan, 0.6]},
    index=pd.MultiIndex.from_tuples([("spam", 1), ("spam", 13), ("abuse", 7)], names=["head", "bin"]),
)


def test_a_plot_is_one_piece_of_svg_and_always_the_same():
    """It parses, has nothing before it, and no date in it."""
    first = reliability_plot(CURVES)
    assert first == reliability_plot(CURVES)
    assert ElementTree.fromstring(first).tag.endswith("svg") and first.startswith("<svg")


def test_lines_are_drawn_over_a_logarithm():
    """One for each name, with its name."""
    drawn = line_plot({"own": [(100, 0.5, 0.4, 0.6), (200, 0.6, 0.6, 0.6)], "all": [(100, 0.7, 0.7, 0.7)]}, x="comments", y="mean")
    names = [element.text for element in ElementTree.fromstring(drawn).iter() if element.tag.endswith("text")]
    assert {"own", "all", "comments", "mean"} <= set(names)


def test_without_matplotlib_the_pip_line_is_said():
    """A report without plots needs none of it."""
    code = (
        "import sys; sys.modules['matplotlib'] = None; sys.modules['matplotlib.figure'] = None;"
        "from social_guard.pages.plots import line_plot\n"
        "try: line_plot({}, x='', y='')\nexcept ImportError as error: print(error)"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "plots need matplotlib: pip install social_guard[plots]"
