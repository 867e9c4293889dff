"""The house has floors: a room imports only rooms on lower floors, and no circle runs inside a room."""

import ast
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

import social_guard

PACKAGE = Path(social_guard.__file__).parent
FILES = sorted(PACKAGE.rglob("*.py"))
ROOMS = sorted(path.parent.name for path in PACKAGE.glob("*/__init__.py"))
FLOORS = [
    {"__init__", "exceptions", "categories", "arrays", "prevalence", "safe_files"},
    {"words", "pages"},
    {"personal"},
    {"model", "policy"},
    {"explaining", "files", "perspective"},
    {"evaluation", "records"},
    {"guard"},
    {"training", "spark", "review"},
    {"model_comparison"},
    {"cli"},
    {"__main__"},
]
FLOOR = {room: level for level, rooms in enumerate(FLOORS) for room in rooms}


def place(path: Path) -> tuple[str, ...]:
    """Room and module of a file; a module beside the rooms stands alone."""
    return path.relative_to(PACKAGE).with_suffix("").parts


def own_imports(path: Path) -> set[tuple[str, ...]]:
    """Places in the package that a file imports, also inside its functions."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        assert not isinstance(node, ast.Import) or not any(alias.name.startswith("social_guard") for alias in node.names)
        if isinstance(node, ast.ImportFrom) and node.level:
            start = (*place(path)[: -node.level], *(node.module.split(".") if node.module else ()))
            found |= {start if is_module(start) else (*start, alias.name) for alias in node.names}
    return {target if is_module(target) else ("__init__",) for target in found}


def is_module(target: tuple[str, ...]) -> bool:
    """Whether a file stands there, and not a room or a name."""
    return bool(target) and PACKAGE.joinpath(*target).with_suffix(".py").is_file()


@pytest.mark.parametrize("path", FILES, ids=lambda path: "/".join(place(path)))
def test_arrows_between_rooms_only_go_down(path):
    """No room knows another room on its own floor or above."""
    room = place(path)[0]
    assert room in FLOOR, f"{room} has no floor: put it into FLOORS"
    for target in {target[0] for target in own_imports(path)} - {room, "exceptions"}:
        assert FLOOR[target] < FLOOR[room], f"{path.stem} must not import {target}"


@pytest.mark.parametrize("room", ROOMS)
def test_no_circle_inside_a_room(room):
    """Within a room, too, every module can be read after those that it imports."""
    tuple(TopologicalSorter({place(path): own_imports(path) for path in PACKAGE.glob(f"{room}/*.py")}).static_order())


@pytest.mark.parametrize("room", ROOMS)
def test_a_room_says_its_idea_and_loads_nothing(room):
    """A docstring and no more, so that one module costs no other."""
    (only,) = ast.parse((PACKAGE / room / "__init__.py").read_text(encoding="utf-8")).body
    assert isinstance(only, ast.Expr) and isinstance(only.value.value, str)


def test_nothing_is_named_like_a_name_that_is_exported():
    """``from social_guard import x`` is never ambiguous."""
    assert not set(social_guard.__all__) & {name for path in FILES for name in place(path)}


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
    for path in FILES:
        tree = ast.parse(path.read_text(encoding="utf-8"))
        assert ast.get_docstring(tree), path
        for node in ast.walk(tree):
            public = isinstance(node, ast.FunctionDef | ast.ClassDef) and not node.name.startswith("_")
            assert not public or ast.get_docstring(node), f"{path}: {node.name}"


def test_only_the_command_line_prints():
    """No room calls `print`; the command line has click."""
    for path in FILES:
        calls = (node for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))) if isinstance(node, ast.Call))
        assert not any(isinstance(call.func, ast.Name) and call.func.id == "print" for call in calls), path
