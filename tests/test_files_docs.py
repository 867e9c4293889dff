"""What docs/files.md says is run as it stands."""

import re
import shlex
import shutil
import subprocess
import sys

import pytest

from tests.conftest import ROOT

PAGE = (ROOT / "docs" / "files.md").read_text(encoding="utf-8")
SHELL = [line for block in re.findall(r"```sh\n(.*?)```", PAGE, re.DOTALL) for line in block.splitlines()]
PYTHON = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
SPARK = next(code for code in PYTHON if code.startswith("# needs Java"))
"""Run by tests/test_spark.py, which has a session."""


@pytest.fixture
def workplace(tmp_path):
    """A folder with the example data."""
    shutil.copytree(ROOT / "data" / "example", tmp_path / "data" / "example")
    return tmp_path


def test_commands_and_python_run(workplace):
    """Every command writes what it names; every block of Python runs by itself."""
    for line in SHELL:
        command = shlex.split(line)
        subprocess.run([sys.executable, "-m", "social_guard", *command[1:]], check=True, cwd=workplace)
        assert (workplace / command[command.index("-o") + 1]).stat().st_size > 1000
    for code in PYTHON:
        if code != SPARK:
            subprocess.run([sys.executable, "-W", "error::FutureWarning", "-c", code], check=True, cwd=workplace)
