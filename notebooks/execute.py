"""Run the notebooks and write their outputs into them, without times and counts that differ from run to run.

    python notebooks/execute.py
"""

from __future__ import annotations

from pathlib import Path

import nbformat
from nbclient import NotebookClient

FOLDER = Path(__file__).resolve().parent
PATIENCE = 600
"""Seconds for one cell: a busy machine is no error."""


def execute(path: Path) -> nbformat.NotebookNode:
    """A notebook with fresh outputs; raises what a cell raises."""
    notebook = nbformat.read(path, as_version=4)
    where = {"metadata": {"path": str(FOLDER)}}
    # what one cell prints arrives in one piece or several: they are put together
    return NotebookClient(notebook, timeout=PATIENCE, record_timing=False, coalesce_streams=True, resources=where).execute()


def clean(notebook: nbformat.NotebookNode) -> nbformat.NotebookNode:
    """The notebook without what a run leaves behind besides its outputs."""
    notebook.metadata = {"kernelspec": notebook.metadata["kernelspec"], "language_info": {"name": "python"}}
    for cell in notebook.cells:
        cell.metadata = {}
        if cell.cell_type == "code":
            cell.execution_count = None
            cell.outputs = [_without_count(output) for output in cell.outputs if output.get("name") != "stderr"]
    return notebook


def _without_count(output: nbformat.NotebookNode) -> nbformat.NotebookNode:
    if output.output_type == "execute_result":
        output.execution_count = None
    return output


def main() -> None:
    for path in sorted(FOLDER.glob("*.ipynb")):
        nbformat.write(clean(execute(path)), path)
        print(path.name)


if __name__ == "__main__":
    main()
