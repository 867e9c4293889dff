"""How far two labellings of our own comments agree: Cohen's kappa for each head, written to docs/figures/agreement.md.

The first labelling is the writer's own; the second was made by somebody who saw the comment and its post only. Both
writers and labellers were instances of a language model working from the policy, so their agreement says how clear the
policy's rules are to such readers, not how far people would agree.

    python benchmarks/agreement.py
"""

from __future__ import annotations

from pathlib import Path

import pandas as pd
from holdout import markdown
from sklearn.metrics import cohen_kappa_score

from social_guard.categories import CATEGORIES, SIGNPOSTS

ROOT = Path(__file__).resolve().parents[1]


def agreement(first: pd.Series, second: pd.Series) -> dict[str, float]:
    """How many carry a label by the first, the second and both readings, and Cohen's kappa."""
    counts = {"first": int(first.sum()), "second": int(second.sum()), "both": int((first & second).sum())}
    return counts | {"kappa": float(cohen_kappa_score(first, second))}


def of_comments(pairs: pd.DataFrame) -> pd.DataFrame:
    """One row a head: our own comments."""
    sides = [pairs[column].str.split(";") for column in ("first", "second")]
    heads = (*CATEGORIES, *SIGNPOSTS)
    return pd.DataFrame([{"head": head} | agreement(*(side.map(lambda labels: head in labels) for side in sides)) for head in heads])  # noqa: B023


def of_cases(cases: pd.DataFrame) -> pd.DataFrame:
    """One row a category: functional cases."""
    parts = cases.groupby("category", sort=False)
    return pd.DataFrame([{"head": head, "cases": len(part)} | agreement(part["expected"] == 1, part["second"] == 1) for head, part in parts])


def main() -> None:
    pairs = pd.read_csv(ROOT / "data" / "labellings.csv", keep_default_na=False)
    cases = pd.read_csv(ROOT / "data" / "functional" / "cases.csv").merge(pd.read_csv(ROOT / "data" / "functional" / "second_reading.csv"), on="id")
    text = PAGE.format(comments=len(pairs), heads=markdown(of_comments(pairs)), cases=len(cases), categories=markdown(of_cases(cases)))
    (ROOT / "docs" / "figures" / "agreement.md").write_text(text, encoding="utf-8")
    print(text)


PAGE = """\
# Agreement of two labellings

Written by `benchmarks/agreement.py`. The first labelling is the writer's own, the second was made by a labeller who saw
the comment and its post only; where they differ, a third reading settles it. Writers, labellers and settlers were
instances of a language model that worked from the policy: this agreement says how clear the rules are to such readers,
not how far people would agree.

{comments:,} comments were labelled twice.

{heads}

## Functional cases

{cases:,} cases were read a second time by another instance that saw the text and the name of the category only. Differences were not settled: what a
case expects is what its writer meant it to test.

{categories}
"""


if __name__ == "__main__":
    main()
