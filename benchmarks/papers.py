"""The papers that a public body needs, written to docs/papers: prose from templates, every figure from the evaluation.

    python benchmarks/papers.py

A template that asks for a figure which is not there stops the command, and so do figures of another model.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

import paper_numbers
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from paper_facts import ROOT, gather_facts

from social_guard import SocialGuard
from social_guard.safe_files import write_file

FOLDER = ROOT / "docs" / "papers"
FILTERS = ("share", "interval", "decimal", "count", "per_thousand", "spelled")


def render_papers(facts: dict[str, Any], folder: Path = FOLDER / "templates") -> dict[str, str]:
    """The text of each paper by the name of its file."""
    environment = Environment(
        loader=FileSystemLoader(folder), undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True,
        keep_trailing_newline=True, autoescape=False,
    )  # fmt: skip
    environment.filters |= {name: getattr(paper_numbers, name) for name in FILTERS}
    names = sorted(name for name in environment.list_templates() if not name.startswith("_"))
    return {name.removesuffix(".jinja"): environment.get_template(name).render(facts) for name in names}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", type=Path, help="a model folder instead of the one that ships")
    parser.add_argument("--figures", type=Path, default=ROOT / "docs" / "figures" / "evaluation.json")
    parser.add_argument("--output", type=Path, default=FOLDER, help="the folder to write to")
    options = parser.parse_args()
    papers = render_papers(gather_facts(SocialGuard.load(options.model), options.figures))
    for name, text in papers.items():
        write_file(options.output / name, text)
    print(f"{len(papers)} papers written to {options.output}")


if __name__ == "__main__":
    main()
