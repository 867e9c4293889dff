"""What docs/review_sheet.md says is run as it stands."""

import re
import shlex
import shutil
import subprocess
import sys

import pandas as pd

from social_guard.review.decisions import COLUMNS, text_digest
from tests.conftest import ROOT

PAGE = (ROOT / "docs" / "review_sheet.md").read_text(encoding="utf-8")


def test_the_page_runs_from_scores_to_a_model(tmp_path):
    """Score, report, decide, train: with a decision as the browser exports it."""
    shutil.copytree(ROOT / "data", tmp_path / "data", ignore=shutil.ignore_patterns("*.py"))
    first = pd.read_csv(tmp_path / "data" / "example" / "comments.csv", dtype=str).iloc[0]
    row = dict.fromkeys(COLUMNS, "") | {"id": first["id"], "agree": "yes", "recommended": "none"}
    pd.DataFrame([row | {"text_digest": text_digest(first["text"])}]).to_csv(tmp_path / "decisions.csv", index=False)
    commands = [line for block in re.findall(r"```sh\n(.*?)```", PAGE, re.DOTALL) for line in block.splitlines()]
    assert [shlex.split(command)[:2] for command in commands] == [["social-guard", verb] for verb in ("score", "report", "train")]
    for command in commands:
        subprocess.run([sys.executable, "-m", "social_guard", *shlex.split(command)[1:]], check=True, cwd=tmp_path)
    for code in re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL):
        subprocess.run([sys.executable, "-c", code], check=True, cwd=tmp_path)
    assert (tmp_path / "review.html").stat().st_size > 50_000 and (tmp_path / "my-model" / "manifest.json").is_file()


def test_the_columns_and_keys_are_those_of_the_page():
    """The export's columns and the keys are written down where people look for them."""
    script = (ROOT / "social_guard" / "review" / "sheet.js").read_text(encoding="utf-8")
    help_text = (ROOT / "social_guard" / "review" / "sheet.html").read_text(encoding="utf-8")
    assert re.search(r"const heads = (\[[^\]]*\]);", script).group(1) == str(list(COLUMNS)).replace("'", '"')
    keys = re.findall(r'^    "?([a-z/?])"?: ', script[script.index("const keys = {") :].split("};")[0], re.MULTILINE)
    assert len(keys) == 13 and sorted(keys) == sorted(re.findall(r"<kbd>(.)</kbd>", help_text))
    assert all(f"`{key}`" in PAGE for key in keys)
