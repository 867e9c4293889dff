"""Back tests: frozen inputs with expected decisions. A change of one is a change that users will notice."""

import json

import pytest

from social_guard import SocialGuard
from tests.make_golden import FILE, describe

GOLDEN = [json.loads(line) for line in FILE.read_text(encoding="utf-8").splitlines()]


@pytest.mark.parametrize("case", GOLDEN, ids=[case["text"][:40] for case in GOLDEN])
def test_decision_is_as_expected(shipped_guard: SocialGuard, case):
    """Action, review, categories and signposts of the shipped model and policy, and scores to six digits."""
    found, expected = describe(shipped_guard, case["text"]), {key: case[key] for key in case if key != "must"}
    assert found.pop("scores") == pytest.approx(expected.pop("scores"), abs=1e-6)
    assert found == expected


@pytest.mark.parametrize("case", [c for c in GOLDEN if "must" in c], ids=lambda case: case["text"][:40])
def test_decision_is_right(shipped_guard: SocialGuard, case):
    """What no model of ours may get wrong, whatever its scores: plain harm is seen, plain goodwill is left alone."""
    decision = shipped_guard.moderate(case["text"])
    if case["must"] == "pass":
        assert str(decision.action) == "none"
    elif case["must"] == "person":
        assert decision.needs_review
    else:
        assert case["must"] in decision.categories or decision.needs_review
