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


def main() -> None:
    pairs = pd.read_csv(ROOT / "data" / "labellings.csv", keep_default_na=False)
    table = []
    for head in (*CATEGORIES, *SIGNPOSTS):
        first, second = (pairs[column].str.split(";").map(lambda labels: head in labels) for column in ("first", "second"))  # noqa: B023
        both = int((first & second).sum())
        kappa = float(cohen_kappa_score(first, second))
        table.append({"head": head, "first": int(first.sum()), "second": int(second.sum()), "both": both, "kappa": kappa})
    text = f"# Agreement of two labellings\n\n{NOTE}\n\n{len(pairs):,} comments were labelled twice.\n\n{markdown(pd.DataFrame(table))}\n"
    (ROOT / "docs" / "figures" / "agreement.md").write_text(text, encoding="utf-8")
    print(pd.DataFrame(table).round(3).to_string(index=False))


NOTE = """\
Written by `benchmarks/agreement.py`. The first labelling is the writer's own, the second was made by a labeller who saw
the comment and its post only; where they differ, a third reading settles it. Writers, labellers and settlers were
instances of a language model that worked from the policy: this agreement says how clear the rules are to such readers,
not how far people would agree."""


if __name__ == "__main__":
    main()
