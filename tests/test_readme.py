"""The README promises two commands, and names every other."""

import re

from tests.conftest import ROOT

README = (ROOT / "README.md").read_text(encoding="utf-8")
SHELL = [line for block in re.findall(r"```sh\n(.*?)```", README, re.DOTALL) for line in block.splitlines()]


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
