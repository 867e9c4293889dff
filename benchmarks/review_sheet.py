"""The review sheet: its size, the time to make it, and in Chromium until it can be used; to docs/figures/review_sheet.md.

    python benchmarks/review_sheet.py --rows 500 5000 --runs 5
"""

from __future__ import annotations

import argparse
import shutil
import tempfile
import time
from pathlib import Path

import pandas as pd
from holdout import markdown
from playwright.sync_api import Browser, sync_playwright

from social_guard import SocialGuard, build_review_sheet, load_comments

ROOT = Path(__file__).resolve().parents[1]
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update", "--disable-sync"]
ALL_SHOWN = "(n) => document.querySelectorAll('#list > li').length === n"
PAINTED = "() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => done(performance.now()))))"
FILTERED = """async () => {
  const start = performance.now();
  const words = document.getElementById("words");
  words.value = "thank";
  words.dispatchEvent(new Event("input", { bubbles: true }));
  const before = document.getElementById("count").textContent;
  while (document.getElementById("count").textContent === before) await new Promise(requestAnimationFrame);
  return performance.now() - start;
}"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, nargs="+", default=[500, 5000])
    parser.add_argument("--runs", type=int, default=5)
    options = parser.parse_args()
    guard, texts = SocialGuard.load(), load_comments(ROOT / "data" / "comments")["text"]
    guard.scores(texts.tolist())  # known words are looked up, not worked out, as in a long run
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=shutil.which("chromium"), args=ARGUMENTS)
        table = [measure(guard, browser, texts.sample(rows, random_state=0), options.runs) for rows in options.rows]
    text = f"{HEAD}\n\n{markdown(pd.DataFrame(table).round(2))}\n"
    (ROOT / "docs" / "figures" / "review_sheet.md").write_text(text, encoding="utf-8")
    print(text)


def measure(guard: SocialGuard, browser: Browser, texts: pd.Series, runs: int) -> dict[str, float]:
    """One line of the table."""
    comments = pd.DataFrame({"text": texts.tolist()})
    scoring = min(timed(lambda: guard.score_frame(comments)) for _ in range(runs))
    scored = comments.join(guard.score_frame(comments))
    making = min(timed(lambda: build_review_sheet(guard, scored)) for _ in range(runs))
    page = build_review_sheet(guard, scored)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "review.html"
        path.write_text(page, encoding="utf-8")
        loads = [load(browser, path.as_uri(), len(comments)) for _ in range(runs)]
    browsing = {name: min(times[name] for times in loads) for name in loads[0]}
    return {"comments": len(comments), "MB": len(page) / 1e6, "making s": making, "making / scoring": making / scoring} | browsing


def timed(call) -> float:
    """Seconds that a call takes."""
    start = time.perf_counter()
    call()
    return time.perf_counter() - start


def load(browser: Browser, address: str, rows: int) -> dict[str, float]:
    """Seconds until the page can be used, until every comment stands, and until a filter has done its work."""
    page = browser.new_page()
    page.goto(address, timeout=600_000, wait_until="commit")
    page.wait_for_selector("#list > li", timeout=600_000)
    usable = page.evaluate(PAINTED)
    start = time.perf_counter()
    page.select_option("#show", "all")
    page.wait_for_function(ALL_SHOWN, arg=rows, timeout=600_000)
    everything = time.perf_counter() - start
    filtered = page.evaluate(FILTERED)
    page.close()
    return {"usable s": usable / 1000, "all shown s": everything, "filter s": filtered / 1000}


HEAD = """\
# The review sheet: size and speed

Written by `benchmarks/review_sheet.py`; the best of several runs on whatever else the machine did. *usable* is the time from
opening the file until the first comments are drawn and keys work; *all shown* from asking for every comment until all stand on
the page; *filter* from typing a word until the list has changed, of which 0.15 s wait for the next letter."""


if __name__ == "__main__":
    main()
