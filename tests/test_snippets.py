"""What the pages tell a reader to type is run as it stands: every block of every page, in its order, in one folder.

A block says its language: ``python`` and ``sh`` are run, ``console`` is run and its output compared, ``toml`` is read as a
policy file, ``json`` must be JSON, and ``text`` holds nothing that could be run. Nothing else is allowed, and no page can
leave a block out.
"""

import configparser
import doctest
import json
import os
import re
import shlex
import shutil
import subprocess
import sys

import pytest
from markdown_it import MarkdownIt

from social_guard.policy.reading import parse_policy
from tests.conftest import ROOT
from tests.preparations import PREPARATIONS

PAGES = ["README.md", "data/README.md", *sorted(str(path.relative_to(ROOT)) for path in (ROOT / "docs").rglob("*.md"))]
RUNNABLE = ("python", "sh", "console")
SHOWN = ("toml", "json", "text")
DIRECTIVES = ("{toctree}", "{eval-rst}")
"""Of the site: its contents, and docstrings, whose examples are doctests."""
TO_DEVELOP = ("ruff", "mypy", "pytest")
"""What CI runs; `test_readme` holds that the lines are the same."""
THEIRS = "ignore:PySpark does not yet fully support pandas:FutureWarning"
EXTRAS = configparser.ConfigParser()
EXTRAS.read(ROOT / "setup.cfg", encoding="utf-8")
TARGETS = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))


def blocks(page):
    """Language and content of each block; of an indented one, the language is ``indented``."""
    tokens = MarkdownIt().parse((ROOT / page).read_text(encoding="utf-8"))
    return [
        (token.info.strip() or "nothing" if token.type == "fence" else "indented", token.content)
        for token in tokens
        if token.type in ("fence", "code_block") and token.info.strip() not in DIRECTIVES
    ]


def needs(content):
    """The program without which a block cannot be run: its first line says ``# needs Java``."""
    found = re.match(r"# needs (\w+)\n", content)
    return found[1].lower() if found else ""


CASES = [(page, need) for page in PAGES for need in sorted({needs(text) for kind, text in blocks(page) if kind in RUNNABLE})]


@pytest.fixture
def workplace(tmp_path, request):
    """A folder with the data and the model of the repository, and what the page says is there already."""
    for name in ("data", "models"):
        (tmp_path / name).symlink_to(ROOT / name)
    PREPARATIONS.get(request.node.callspec.params["page"], lambda folder: None)(tmp_path)
    return tmp_path


@pytest.mark.parametrize("page", PAGES)
def test_every_block_says_what_it_is(page):
    """So that none is skipped in silence."""
    for kind, content in blocks(page):
        assert kind in RUNNABLE + SHOWN, f"{page}: a block of {kind}: {content[:60]!r}"
        if kind == "text":
            assert not re.search(r"^\s*(\$|>>>|social-guard|pip|python|import|from|make)\b", content, re.MULTILINE), page


@pytest.mark.parametrize("page", PAGES)
def test_what_is_shown_is_valid(page):
    """Pieces of a policy file, and JSON."""
    for kind, content in blocks(page):
        if kind == "toml":
            parse_policy(content if "version =" in content else f"version = 1\n{content}", page)
        if kind == "json":
            json.loads(content)


@pytest.mark.parametrize(("page", "need"), CASES, ids=["-".join(filter(None, case)) for case in CASES])
def test_a_page_runs(page, need, workplace):
    """One block after the other, as a reader would type them; Python goes on with the names that it has."""
    if need and not shutil.which(need) and os.environ.get("SOCIAL_GUARD_REQUIRE_ALL") != "1":
        pytest.skip(f"the page needs {need}")
    chosen = [block for block in blocks(page) if block[0] in RUNNABLE and needs(block[1]) == need]
    script = ["import subprocess"]
    for kind, content in chosen:
        script += [content] if kind == "python" else [run_in_shell(line) for line in commands(kind, content)]
    path = f"{os.path.dirname(sys.executable)}{os.pathsep}{os.environ['PATH']}"
    environment = os.environ | {"PATH": path, "PYTHONPATH": str(workplace if (workplace / "social_guard").exists() else ROOT)}
    command = [sys.executable, "-W", "error::FutureWarning", "-W", THEIRS, "-c", "\n".join(script)]
    run = subprocess.run(command, cwd=workplace, env=environment, capture_output=True, text=True, check=False)
    assert run.returncode == 0, f"{page}: {run.stdout[-1500:]}{run.stderr[-3000:]}"


def commands(kind, content):
    """Commands to run, each with the output that the page shows, if it does."""
    if kind == "sh":
        content = content.replace("\\\n", " ")
        lines = [part for line in content.splitlines() if line.strip() and not line.startswith("#") for part in line.split(" && ")]
        return [(line, None) for line in lines if not is_installing(line)]
    return [(command, output) for command, output in re.findall(r"^\$ (.*)\n((?:(?!\$ ).*\n)*)", content, re.MULTILINE)]


def is_installing(line):
    """Whether a line prepares a computer, which a test does not; such a line is checked against what there is."""
    program, *words = shlex.split(line, comments=True)
    if program == "pip":
        extras = {name for word in words for found in re.findall(r"\[([\w,]+)\]", word) for name in found.split(",")}
        assert words[0] == "install" and extras <= set(EXTRAS["options.extras_require"]), line
    elif program == "make":
        assert set(words) <= TARGETS, line
    else:
        assert program in ("social-guard", "python", "cp", "mkdir", *TO_DEVELOP), f"who knows the command {line!r}?"
        return program in TO_DEVELOP
    return True


def run_in_shell(command):
    """A line of Python that runs a command, and compares its output."""
    line, output = command
    code = f"_ran = subprocess.run(['bash', '-ec', {line!r}], check=True, capture_output=True, text=True)"
    return code if output is None else f"{code}\nimport tests.test_snippets as _here; _here.compare({line!r}, {output!r}, _ran.stdout)"


def compare(line, expected, found):
    """The output of a command is what the page shows; three dots stand for anything."""
    assert doctest.OutputChecker().check_output(expected, found, doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE), (
        f"{line}\nthe page shows:\n{expected}\nit says:\n{found}"
    )
