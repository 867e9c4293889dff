"""The shipped model travels in the wheel and in the sdist, and works from anywhere."""

import os
import subprocess
import sys
import tarfile
import zipfile

import pytest

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
