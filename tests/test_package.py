"""The shipped model travels in the wheel and in the sdist, and works from anywhere."""

import configparser
import os
import re
import subprocess
import sys
import tarfile
import zipfile

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

from tests.conftest import ROOT


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """A wheel made from the sdist, so that the sdist is proven complete."""
    out = tmp_path_factory.mktemp("dist")
    run = subprocess.run([sys.executable, "-m", "build", "--outdir", out, ROOT], capture_output=True, text=True, check=False)
    if "Could not find a version" in run.stderr + run.stdout or "No module named build" in run.stderr:
        pytest.skip("building needs the package index, or the package 'build'")
    assert run.returncode == 0, run.stdout + run.stderr
    return out


def test_wheel_works_in_another_folder(built, tmp_path):
    """Unpacked alone, the package finds its model, registry and tables inside itself."""
    wheel = next(built.glob("*.whl"))
    assert wheel.stat().st_size < 8_000_000
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(tmp_path / "site")
    code = (
        "import social_guard; from social_guard import SocialGuard; from social_guard.files.data import source_registry;"
        "print(social_guard.__file__, SocialGuard.load().moderate('you fucking idiot').action, len(source_registry()))"
    )
    environment = {"PYTHONPATH": str(tmp_path / "site"), "PATH": ""}
    command = [sys.executable, "-S", "-c", code]
    run = subprocess.run(command, cwd=tmp_path, env=_with_libraries(environment), capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
    path, action, sources = run.stdout.split()
    assert path.startswith(str(tmp_path)) and action != "none" and int(sources) == 51


def _with_libraries(environment):
    """The libraries of this environment, but not its editable copy of the package (``-S`` skips that)."""
    libraries = [path for path in sys.path if path.endswith("site-packages")]
    return environment | {"PYTHONPATH": os.pathsep.join([environment["PYTHONPATH"], *libraries])}


def test_sdist_holds_model_tests_and_data(built):
    """From the source archive alone, the model can be rebuilt and the tests run."""
    with tarfile.open(next(built.glob("*.tar.gz"))) as archive:
        names = {name.split("/", 1)[1] for name in archive.getnames() if "/" in name}
    assert {"models/default/weights.npz", "tests/conftest.py", "data/make_folds.py", "setup.cfg", "setup.py", "LICENCE"} <= names


def requirements(*extras):
    """Name and bounds of what ``setup.cfg`` asks for."""
    config = configparser.ConfigParser()
    config.read(ROOT / "setup.cfg", encoding="utf-8")
    lines = config["options"]["install_requires"].split("\n") + [config["options.extras_require"][extra] for extra in extras]
    return [Requirement(line) for part in lines for line in part.split("\n") if line]


def locked(name):
    """The releases in a lock file that Python 3.11 on Linux installs."""
    text = (ROOT / name).read_text(encoding="utf-8")
    lines = [Requirement(line) for line in re.findall(r"^(\w[^\\\n]*?) *\\?$", text, re.MULTILINE)]
    here = {"python_version": "3.11", "python_full_version": "3.11.9", "sys_platform": "linux", "platform_system": "Linux"}
    return {
        canonicalize_name(line.name): Version(next(iter(line.specifier)).version)
        for line in lines
        if line.marker is None or line.marker.evaluate(here)
    }


def test_the_newest_releases_are_locked():
    """After a change of setup.cfg, ``make lock`` writes the lock files anew."""
    found = locked("requirements.lock")
    for wanted in requirements("dev"):
        assert wanted.specifier.contains(found[canonicalize_name(wanted.name)]), f"{wanted}: run make lock"


def test_the_oldest_releases_that_are_allowed_are_locked():
    """So that what CI tests beside the newest are the bounds that setup.cfg promises."""
    found = locked("requirements-oldest.lock")
    for wanted in requirements("history", "privacy"):
        bounds = [Version(bound.version) for bound in wanted.specifier if bound.operator == ">="]
        assert found[canonicalize_name(wanted.name)] == bounds[0], f"{wanted}: run make lock"


@pytest.mark.parametrize("name", ["requirements.lock", "requirements-oldest.lock"])
def test_every_locked_release_has_its_hashes(name):
    """And none names a place to fetch it from."""
    text = (ROOT / name).read_text(encoding="utf-8")
    assert "://" not in text and "--index" not in text
    blocks = re.split(r"^(?=\w)", text, flags=re.MULTILINE)[1:]
    assert len(blocks) > 50 and all("--hash=sha256:" in block for block in blocks)
