"""The house has floors: a room imports only rooms on lower floors."""

import ast
from pathlib import Path

import pytest

import social_guard

PACKAGE = Path(social_guard.__file__).parent
FLOORS = [
    {"exceptions", "remembered"},
    {"text", "render", "charts", "page", "recognisers", "keys", "ledger", "chain", "key_table"}
    | {"bootstrap", "plots"},
    {"categories", "privacy", "suspects", "token_arrays", "report", "measures"},
    {"rules"},
    {"disguise", "features", "data", "decisions", "policy", "chunks", "resume"},
    {"block_lattice", "decision_log", "policy_edit", "judge"},
    {"block_sums"},
    {"scorer", "tables"},
    {"matrix", "word_classes", "promise", "policy_history", "scorecard", "outcomes", "fairness", "functional"}
    | {"removal", "written_words", "model_views"},
    {"goals", "batch"},
    {"classifier", "explanation", "reasons", "evaluation", "tuning", "files", "persistence"}
    | {"signposts", "perspective", "history", "feedback", "stability", "provenance"},
    {"guard", "review_queue"},
    {"training", "compare", "review_sheet", "spark"},
    {"cli_policy", "model_comparison"},
    {"cli"},
    {"__main__"},
]
FLOOR = {room: level for level, rooms in enumerate(FLOORS) for room in rooms}
GROUND = {"exceptions"}
"""Rooms that every other may use, also on their own floor."""


def own_imports(path: Path) -> set[str]:
    names = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.level:
            names |= {node.module.split(".")[0]} if node.module else {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and node.module.split(".")[0] == "social_guard":
            names |= {node.module.split(".")[1]} if "." in node.module else {alias.name for alias in node.names}
        elif isinstance(node, ast.Import):
            names |= {alias.name.split(".")[1] for alias in node.names if alias.name.startswith("social_guard.")}
    return names - {"__version__"}


@pytest.mark.parametrize("path", sorted(PACKAGE.glob("*.py")), ids=lambda path: path.stem)
def test_arrows_only_go_down(path):
    """No room knows a room on its own floor or above."""
    if path.stem == "__init__":
        return
    assert path.stem in FLOOR, f"{path.stem} has no floor: put it into FLOORS"
    for target in own_imports(path) - GROUND:
        assert FLOOR[target] < FLOOR[path.stem], f"{path.stem} must not import {target}"


def test_no_module_is_named_like_a_function_it_exports():
    """``from social_guard import x`` is never ambiguous."""
    assert not set(social_guard.__all__) & {path.stem for path in PACKAGE.glob("*.py")}


def test_public_names_are_exact_and_sorted():
    """`__all__` is what the package offers, each name loads, and nothing is missing."""
    assert social_guard.__all__ == sorted(social_guard.__all__)
    assert set(social_guard.__all__) == {*social_guard._ROOMS, "__version__"}
    for name in social_guard.__all__:
        assert getattr(social_guard, name) is not None
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        social_guard.nothing  # noqa: B018


def test_public_names_have_docstrings():
    """Every public function and class says what it does."""
    for path in PACKAGE.glob("*.py"):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        assert ast.get_docstring(tree), path.name
        for node in ast.walk(tree):
            public = isinstance(node, ast.FunctionDef | ast.ClassDef) and not node.name.startswith("_")
            assert not public or ast.get_docstring(node), f"{path.name}: {node.name}"


def test_only_the_command_line_prints():
    """No other room calls `print`."""
    for path in PACKAGE.glob("*.py"):
        calls = (node for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))) if isinstance(node, ast.Call))
        assert not any(isinstance(call.func, ast.Name) and call.func.id == "print" for call in calls), path.name
