"""What the pages on explanations and reasons say is run as it stands."""

import re
import shlex
import subprocess
import sys

import pytest

from social_guard.policy.decide import parse_policy
from tests.conftest import ROOT

PAGES = {name: (ROOT / "docs" / f"{name}.md").read_text(encoding="utf-8") for name in ("explanation", "reasons")}


def blocks(page, language):
    return re.findall(rf"```{language}\n(.*?)```", PAGES[page], re.DOTALL)


@pytest.mark.parametrize("page", PAGES)
def test_python_blocks_run(page):
    """One after the other, as a reader would type them."""
    code = "\n".join(blocks(page, "python"))
    subprocess.run([sys.executable, "-W", "error::FutureWarning", "-c", code], check=True, cwd=ROOT, capture_output=True)


def test_the_comparison_runs(tmp_path):
    """With the shipped model on both sides."""
    line = next(line for block in blocks("explanation", "sh") for line in block.splitlines())
    command = line.replace("my-model", "models/default").replace("changes.csv", str(tmp_path / "changes.csv"))
    run = subprocess.run([sys.executable, "-m", *shlex.split(command.replace("social-guard", "social_guard", 1))],
                         check=True, cwd=ROOT, capture_output=True, text=True)  # fmt: skip
    assert "Every decision stays as it is" in run.stdout and (tmp_path / "changes.csv").exists()


def test_the_way_to_appeal_is_valid():
    """As the page shows it."""
    assert parse_policy(f"version = 1\n{blocks('reasons', 'toml')[0]}").appeal == "write to communications@example.org"
