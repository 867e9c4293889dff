"""Write ``tests/golden.jsonl`` anew for the shipped model: read the difference before committing it."""

import json
from pathlib import Path

from social_guard import SocialGuard

FILE = Path(__file__).with_name("golden.jsonl")


def main() -> None:
    """Keep the texts and what must hold; take everything else from the model."""
    guard = SocialGuard.load()
    lines = []
    for line in FILE.read_text(encoding="utf-8").splitlines():
        case = json.loads(line)
        decision = guard.moderate(case["text"])
        fresh = {
            "text": case["text"],
            "action": str(decision.action),
            "needs_review": decision.needs_review,
            "categories": list(decision.categories),
            "signposts": list(decision.signposts),
            "scores": {head: round(score, 9) for head, score in decision.scores.items()},
        }
        lines.append(json.dumps(fresh | ({"must": case["must"]} if "must" in case else {}), ensure_ascii=False))
    FILE.write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
