"""Write ``tests/golden.jsonl`` anew for the shipped model: read the difference before committing it."""

import json
from pathlib import Path
from typing import Any

from social_guard import SocialGuard

FILE = Path(__file__).with_name("golden.jsonl")


def describe(guard: SocialGuard, text: str) -> dict[str, Any]:
    """What is frozen of one decision."""
    decision = guard.moderate(text)
    return {
        "text": text,
        "action": str(decision.action),
        "needs_review": decision.needs_review,
        "categories": list(decision.categories),
        "signposts": list(decision.signposts),
        "scores": {head: round(score, 9) for head, score in decision.scores.items()},
    }


def main() -> None:
    """Keep the texts and what must hold; take everything else from the model."""
    guard = SocialGuard.load()
    cases = [json.loads(line) for line in FILE.read_text(encoding="utf-8").splitlines()]
    lines = [json.dumps(case | describe(guard, case["text"]), ensure_ascii=False) for case in cases]
    FILE.write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
