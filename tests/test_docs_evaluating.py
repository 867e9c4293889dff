"""What docs/evaluating.md says is run as it stands."""

import re
import shlex
import subprocess
import sys

import pytest

from tests.conftest import ROOT

PAGE = (ROOT / "docs" / "evaluating.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("code", re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL))
def test_python_blocks_run(code, tmp_path):
    """Each by itself, beside the data."""
    (tmp_path / "data").symlink_to(ROOT / "data")
    subprocess.run([sys.executable, "-W", "error::FutureWarning", "-c", code], check=True, cwd=tmp_path)


def test_the_command_runs(tmp_path):
    """And writes the page that it names."""
    line = re.search(r"```sh\nsocial-guard (.*)\n", PAGE)
    (tmp_path / "data").symlink_to(ROOT / "data")
    command = [sys.executable, "-m", "social_guard", *shlex.split(line[1]), "--redraws", "20", "--no-disguises"]
    subprocess.run(command, check=True, cwd=tmp_path)
    assert "<svg" in (tmp_path / "report.html").read_text(encoding="utf-8")
