"""What docs/policy.md and docs/tuning.md say is run as it stands."""

import os
import re
import shlex
import shutil
import subprocess
import sys

import pytest

from social_guard.files.persistence import default_folder
from social_guard.policy.decide import parse_policy
from tests.conftest import ROOT

PAGES = {name: (ROOT / "docs" / name).read_text(encoding="utf-8") for name in ("policy.md", "tuning.md")}


def blocks(page, language):
    return re.findall(rf"```{language}\n(.*?)```", PAGES[page], re.DOTALL)


@pytest.mark.parametrize("page", PAGES)
def test_code_and_commands_run(page, tmp_path):
    """In the order of the page, in a folder with the data and two copies of the policy file."""
    shutil.copytree(ROOT / "data", tmp_path / "data", ignore=shutil.ignore_patterns("*.py"))
    for name in ("policy.toml", "old.toml"):
        shutil.copy(default_folder() / "policy.toml", tmp_path / name)
    lines = [shlex.split(line) for block in blocks(page, "sh") for line in block.splitlines()]
    commands = [["-m", "social_guard", *line[1:]] for line in lines] + [["-c", code] for code in blocks(page, "python")]
    assert commands
    for command in commands:
        environment = os.environ | {"PYTHONPATH": str(ROOT)}
        subprocess.run([sys.executable, *command], check=True, cwd=tmp_path, env=environment, capture_output=True)


def test_policy_examples_are_valid():
    """Each mode alone, and the rules."""
    modes, rules = blocks("policy.md", "toml")
    for line in modes.splitlines():
        assert parse_policy(f"version = 1\n{line}\n").mode in line
    assert len(list(parse_policy(f"version = 1\n{rules}").rules.places())) == 3
