"""What the pages on the history and the decision log say is run as it stands."""

import re
import subprocess
import sys

import pytest

from social_guard.policy.decide import HistoryRules, parse_policy
from tests.conftest import ROOT


@pytest.mark.parametrize("page", ["history", "decision_log"])
def test_python_blocks_run(page, tmp_path):
    """One after the other, in a folder with the keys that the page makes first."""
    for name in ("history.key", "log.key"):
        (tmp_path / name).write_text("an example key, not one to be used\n")
    text = (ROOT / "docs" / f"{page}.md").read_text(encoding="utf-8")
    blocks = re.findall(r"```python\n(.*?)```", text, re.DOTALL)
    assert blocks
    subprocess.run([sys.executable, "-W", "error::FutureWarning", "-c", "\n".join(blocks)], check=True, cwd=tmp_path)


def test_the_defaults_are_the_defaults():
    """The section of the policy that the page shows."""
    text = (ROOT / "docs" / "history.md").read_text(encoding="utf-8")
    section = re.search(r"```toml\n(.*?)```", text, re.DOTALL)[1]
    rules = parse_policy("version = 1\n" + section).history
    assert rules == HistoryRules(points={"hide": 1.0, "remove": 2.0, "report": 4.0})
    assert [rules.weight(a, ()) for a in rules.points] == [HistoryRules().weight(a, ()) for a in rules.points]
