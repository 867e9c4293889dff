"""Everything that a paper may say a figure of: the model, its policy, the evaluation of it, its sources and our own comments."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pandas as pd
from paper_examples import harmless_words, mask, overlooked, overrated, scored_cases

from social_guard import CATEGORIES, SIGNPOSTS, DecisionLog, SocialGuard, __version__, load_comments
from social_guard.files.data import source_registry
from social_guard.records.keys import Key
from social_guard.records.ledger import BREACHES

ROOT = Path(__file__).resolve().parents[1]
PARTS = {
    "own": "Our own comments, each by a model that never saw its writer",
    "real": "Real feedback and other languages",
    "functional": "Functional cases",
    "fairness": "Fairness",
    "public": "Public sources",
}
FROZEN = "The frozen part"


def gather_facts(guard: SocialGuard, figures: Path) -> dict[str, Any]:
    """What the templates are filled with. `SystemExit` when the figures are those of another model."""
    evaluation = read_figures(figures, guard, "make evaluate")
    privacy = read_figures(figures.with_name("training-privacy.json"), guard, "python benchmarks/training_privacy.py")
    own = load_comments(ROOT / "data" / "comments")
    parts = {name: evaluation["figures"][title] for name, title in PARTS.items()}
    return parts | {
        "frozen": evaluation["figures"].get(FROZEN),
        "privacy": privacy,
        "settings": evaluation["settings"],
        "version": __version__,
        "model": guard.model_hash,
        "manifest": guard.manifest,
        "policy": guard.policy,
        "categories": CATEGORIES,
        "signposts": SIGNPOSTS,
        "sources": source_cards(guard.manifest),
        "comments": describe_own(own, guard.manifest),
        "characteristics": characteristics(parts["fairness"]["by_identity"]),
        "groups": parts["functional"]["by_group"],
        "ledger": [column.name for column in BREACHES.columns],
        "log": log_fields(guard),
        "examples": examples(guard, harmless_words(own)),
    }


def read_figures(path: Path, guard: SocialGuard, command: str) -> dict[str, Any]:
    """The content of a file of figures about this model."""
    content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    if content["model"] != guard.model_hash:
        raise SystemExit(
            f"{path} is about model {content['model'][:12]}, and the model in use is {guard.model_hash[:12]}: run `{command}` first"
        )
    return content


def log_fields(guard: SocialGuard) -> list[str]:
    """What a line of the decision log holds, read from one."""
    with TemporaryDirectory() as folder:
        with DecisionLog(folder, Key(b"an example key, not one to be used"), model=guard.model_hash, policy_text=guard.policy_text) as log:
            log.append("1", "Thank you", guard.moderate("Thank you"))
        (file,) = Path(folder).glob("*.jsonl")
        return list(json.loads(file.read_text(encoding="utf-8").splitlines()[-1]))


def source_cards(manifest: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Of each public source that the model was trained on: its card, its entry in the registry, and how many comments."""
    cards = tomllib.loads((ROOT / "data" / "cards.toml").read_text(encoding="utf-8"))
    registry = source_registry()
    public = {name: used for name, used in manifest["sources"].items() if name in registry}
    missing = sorted(set(public) - set(cards))
    if missing:
        raise SystemExit(f"data/cards.toml has no card for {', '.join(missing)}: write one, with `use` and `problems`")
    return {name: registry[name] | cards[name] | used for name, used in public.items()}


def describe_own(own: pd.DataFrame, manifest: dict[str, Any]) -> dict[str, Any]:
    """How many comments of our own there are, in all that the model learnt from and in the frozen part, and of which kinds."""
    return {
        "used": sum(used["comments"] for name, used in manifest["sources"].items() if used["licence"] == "own"),
        "written": len(own),
        "frozen": len(load_comments(ROOT / "data" / "frozen")),
        "writers": int(own.loc[own["spam"].notna(), "writer"].nunique()),
        "labelled": {head: int((own[head] == 1).sum()) for head in (*CATEGORIES, *SIGNPOSTS)},
        "read_twice": len(pd.read_csv(ROOT / "data" / "labellings.csv", usecols=["id"])),
        "functional": len(pd.read_csv(ROOT / "data" / "functional" / "cases.csv", usecols=["id"])),
    }


def characteristics(identities: dict[str, dict[str, Any]]) -> dict[str, list[dict[str, Any]]]:
    """The rows of fairness by protected characteristic, the most touched identity first."""
    rows = sorted(({"people": people} | row for people, row in identities.items()), key=lambda row: (-row["review"], row["people"]))
    return {name: [row for row in rows if row["characteristic"] == name] for name in sorted({row["characteristic"] for row in rows})}


def examples(guard: SocialGuard, known: frozenset[str]) -> dict[str, list[dict[str, Any]]]:
    """What the model overlooks and what it wrongly minds, masked."""
    cases = scored_cases(guard, ROOT / "data" / "functional" / "cases.csv")
    low, high = overlooked(cases), overrated(cases)
    return {
        "overlooked": low.assign(text=[mask(guard, text, known) for text in low["text"]]).to_dict("records"),
        "overrated": high.assign(text=[mask(guard, text) for text in high["text"]]).to_dict("records"),
    }
