"""The notebooks run as they stand, tell a story, and use what everybody may use."""

import ast
import re
import sys

import nbformat
import pytest

import social_guard
from tests.conftest import ROOT

NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
LARGEST = 400_000
"""Bytes of a notebook with its outputs."""


@pytest.fixture
def execute(monkeypatch):
    """Runs a notebook beside its data."""
    pytest.importorskip("nbclient")
    pytest.importorskip("matplotlib")
    monkeypatch.syspath_prepend(ROOT / "notebooks")
    monkeypatch.setenv("OPENBLAS_NUM_THREADS", "1")  # on a busy machine, more threads wait for one another
    import execute

    yield execute.execute
    del sys.modules["execute"]


def cells(path, kind):
    return [cell for cell in nbformat.read(path, as_version=4).cells if cell.cell_type == kind]


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_notebooks_run(path, execute):
    """From the first cell to the last, and every plot and table that is kept is made again."""
    fresh = [cell for cell in execute(path).cells if cell.cell_type == "code"]
    shape = [[set(output.get("data", ())) for output in cell.outputs if output.get("name") != "stderr"] for cell in fresh]
    assert shape == [[set(output.get("data", ())) for output in cell.outputs] for cell in cells(path, "code")]


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_notebooks_tell_a_story(path):
    """A title first, words before every cell of code, plots, and few bytes without traces of the run."""
    notebook = nbformat.read(path, as_version=4)
    nbformat.validate(notebook)
    assert notebook.cells[0].cell_type == "markdown" and notebook.cells[0].source.startswith("# ")
    assert len(cells(path, "markdown")) >= 0.8 * len(cells(path, "code"))
    assert sum("image/png" in output.get("data", ()) for cell in cells(path, "code") for output in cell.outputs) >= 2
    assert path.stat().st_size < LARGEST
    assert all(cell.execution_count is None and not cell.metadata for cell in cells(path, "code"))


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_notebooks_use_the_public_face_alone(path):
    """Public names, and files that stand in the repository."""
    code = "\n".join(cell.source for cell in cells(path, "code"))
    taken = [
        (node.module, alias.name)
        for node in ast.walk(ast.parse(code))
        if isinstance(node, ast.ImportFrom) and node.module.startswith("social_guard")
        for alias in node.names
    ]
    assert taken and all(module == "social_guard" and name in social_guard.__all__ for module, name in taken)
    assert not re.search(r"\bguard\._|\bours\._", code)
    for link in re.findall(r"\]\(([^)#]+)\)", "\n".join(cell.source for cell in cells(path, "markdown"))):
        assert (path.parent / link).exists(), link


def test_there_are_four():
    """One for each question that a data scientist at a Trust begins with."""
    assert [path.stem for path in NOTEBOOKS] == ["1_explore", "2_train", "3_tune", "4_explain"]
