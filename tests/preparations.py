"""What a reader of a page has before they begin, where no command of the page makes it."""

import json
import re
import shutil

import pandas as pd

import social_guard
from social_guard.review.decisions import COLUMNS, text_digest
from tests.conftest import ROOT


def decided_in_the_browser(folder):
    """One decision, as the review sheet exports it."""
    first = pd.read_csv(folder / "data" / "example" / "comments.csv", dtype=str).iloc[0]
    row = dict.fromkeys(COLUMNS, "") | {"id": first["id"], "agree": "yes", "recommended": "none"}
    pd.DataFrame([row | {"text_digest": text_digest(first["text"])}]).to_csv(folder / "decisions.csv", index=False)


def added_category(folder):
    """The package with the line of the page in its list of categories, and comments for it beside one writer's."""
    page = (ROOT / "docs" / "add-a-category.md").read_text(encoding="utf-8")
    line = re.search(r"^Category\(\n.*?^\)", page, re.DOTALL | re.MULTILINE)[0]
    shutil.copytree(ROOT / "social_guard", folder / "social_guard", ignore=shutil.ignore_patterns("__pycache__"))
    file = folder / "social_guard" / "categories.py"
    before, after = file.read_text(encoding="utf-8").split('        Category("hate_speech"')
    file.write_text(f'{before}{line},\n        Category("hate_speech"{after}', encoding="utf-8")
    comments = [json.loads(line) for line in re.search(r"```text\n(\{.*?)```", page, re.DOTALL)[1].splitlines()]
    (folder / "my-comments").mkdir()
    shutil.copy(ROOT / "data" / "comments" / "w01.jsonl", folder / "my-comments")
    rows = [row | {"text": f"{row['text']} {number}"} for number in range(15) for row in comments]
    (folder / "my-comments" / "tickets.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    (folder / "models").unlink()
    shutil.copytree(ROOT / "models", folder / "models")
    assert social_guard.CATEGORIES.keys().isdisjoint({"ticket_selling"})


PREPARATIONS = {
    "docs/review_sheet.md": decided_in_the_browser,
    "docs/add-a-category.md": added_category,
}
