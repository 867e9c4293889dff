"""What the README says is run as it stands."""

import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import ROOT

README = (ROOT / "README.md").read_text(encoding="utf-8")
PYTHON = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
SHELL = [line for block in re.findall(r"```sh\n(.*?)```", README, re.DOTALL) for line in block.splitlines()]
RUNNABLE = [line for line in SHELL if line.startswith("social-guard")]


@pytest.fixture
def workplace(tmp_path, monkeypatch):
    """A folder with the files that the README speaks of."""
    shutil.copytree(ROOT / "data", tmp_path / "data", ignore=shutil.ignore_patterns("*.py"))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PATH", f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")
    return tmp_path


@pytest.mark.parametrize("code", PYTHON, ids=range(len(PYTHON)))
def test_python_blocks_run(code, workplace):
    """Each block of Python runs by itself."""
    subprocess.run([sys.executable, "-W", "error::FutureWarning", "-c", code], check=True, cwd=workplace)


@pytest.mark.parametrize("line", RUNNABLE)
def test_commands_run(line, workplace):
    """Each command that starts with the program's name works in a folder with the example data."""
    subprocess.run(shlex.split(line, comments=True), check=True, cwd=workplace)


def test_both_promised_commands_stand():
    """One command installs and scores, one installs and tests; the second is what CI runs."""
    assert any(line.startswith("pip install . &&") and "social-guard score" in line for line in SHELL)
    test_command = next(line for line in SHELL if line.startswith("pip install -e") and "pytest" in line)
    assert test_command in (ROOT / ".ci" / "run").read_text(encoding="utf-8")


def test_every_command_stands_in_the_readme():
    """No command of the program is a secret."""
    from social_guard.cli.main import cli

    for name in cli.commands:
        assert f"social-guard {name}" in README
