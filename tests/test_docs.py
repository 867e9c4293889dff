"""The pages become a site without a warning, and its reference has every public name."""

import os
import re
import subprocess
import sys
from collections import Counter
from importlib.util import find_spec

import pytest

import social_guard
from tests.conftest import ROOT

needs_sphinx = pytest.mark.skipif(
    not os.environ.get("SOCIAL_GUARD_REQUIRE_ALL") and not all(map(find_spec, ("sphinx", "furo", "myst_parser", "numpydoc"))),
    reason="run: pip install -e .[docs]",
)


@needs_sphinx
def test_the_site_is_built_without_a_warning(tmp_path):
    """A broken link, a page that no menu leads to and a docstring that cannot be read are errors."""
    command = [sys.executable, "-m", "sphinx", "-W", "--keep-going", "-q", "-b", "html", ROOT / "docs", tmp_path]
    run = subprocess.run(command, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr[-3000:]
    assert "social_guard.SocialGuard.moderate" in (tmp_path / "api" / "deciding.html").read_text(encoding="utf-8")


@needs_sphinx
def test_a_broken_link_stops_the_build(tmp_path):
    """Of a page and of a heading."""
    (tmp_path / "conf.py").write_text((ROOT / "docs" / "conf.py").read_text(encoding="utf-8"), encoding="utf-8")
    (tmp_path / "site.css").write_text("")
    for link in ("missing.md", "#no-such-heading"):
        (tmp_path / "index.md").write_text(f"# Title\n\n[a link]({link})\n", encoding="utf-8")
        command = [sys.executable, "-m", "sphinx", "-W", "-q", "-b", "html", tmp_path, tmp_path / "site"]
        run = subprocess.run(command, capture_output=True, text=True, check=False)
        assert run.returncode == 1 and link.strip("#") in run.stderr


def test_every_public_name_stands_once_in_the_reference():
    """Under the name by which it is imported."""
    pages = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "docs" / "api").glob("*.md"))
    found = Counter(re.findall(r"^\.\. [\w:]+:: social_guard\.(\w+)(?:\(.*\))?$", pages, re.MULTILINE))
    assert found == Counter(social_guard.__all__)
