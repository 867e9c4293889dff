"""A disk that is full, and one that cannot be written: an error of ours, what was there stays, and afterwards it goes on."""

import errno
import os
import subprocess

import pandas as pd
import pytest

from social_guard import DecisionLog, History, SocialGuard
from social_guard.exceptions import SocialGuardError
from social_guard.policy.reading import load_policy
from social_guard.policy.versions import read_versions, set_values
from social_guard.records.chain import verify
from social_guard.records.keys import Key
from social_guard.safe_files import write_file

KEY = Key(b"an example key, not one to be used")


@pytest.fixture
def disk(tmp_path):
    """A disk of half a megabyte."""
    folder = tmp_path / "disk"
    folder.mkdir()
    made = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=512k", "tmpfs", folder], capture_output=True, text=True, check=False)
    if made.returncode:
        pytest.skip(f"only root can make a small disk ({made.stderr.strip()})")
    yield folder
    subprocess.run(["umount", "-l", folder], check=True)


def score(guard, folder, number):
    rows = pd.DataFrame({"text": [f"bad {number}"] * 300})
    rows.to_csv(folder.parent / "in.csv", index=False)
    guard.score_file(folder.parent / "in.csv", folder / "out.csv")


def save(guard, folder, number):
    guard.with_policy(f"{guard.policy_text}# {number}\n").save(folder / "model")


def change(guard, folder, number):
    if not (folder / "policy.toml").exists():
        write_file(folder / "policy.toml", "version = 1\n[categories.spam]\nhide = 0.9\n")
    set_values(folder / "policy.toml", {"spam.hide": 0.5 + number / 10}, str(number), who="somebody")


def log(guard, folder, number):
    with DecisionLog(folder / "log", KEY, model="m", policy_text="p") as decisions:
        for text in "abc":
            decisions.append(f"{number}{text}", text, guard.moderate(text))


def confirm(guard, folder, number):
    with History(folder / "history.db", KEY) as history:
        history.confirm_frame(pd.DataFrame({"id": [f"{number}/{i}" for i in range(200)], "author": "@sam", "action": "hide", "categories": "spam"}))


def page(guard, folder, number):
    write_file(folder / "page.html", f"{number}" * 20_000)


def state(folder):
    """What a reader finds, by the readers themselves."""
    found = {path.name: path.read_bytes() for path in folder.glob("*.*") if path.suffix in (".csv", ".html")}
    if (folder / "model").exists():
        found["model"] = SocialGuard.load(folder / "model").policy_text
    if (folder / "policy.toml").exists():
        found["policy"] = load_policy(folder / "policy.toml").categories["spam"].hide
        found["versions"] = [version.why for version in read_versions(folder / "policy.toml")]
    if (folder / "log").exists():
        assert verify(folder / "log").ok
        found["log"] = verify(folder / "log").head
    return found


WRITERS = [score, save, change, log, confirm, page]


def fill(folder):
    """Take what is left, to the last byte."""
    with open(folder / "filler", "wb", buffering=0) as file:
        try:
            while True:
                file.write(b"x" * 512)
        except OSError as error:
            assert error.errno == errno.ENOSPC


@pytest.mark.parametrize("write", WRITERS)
def test_a_full_disk(tiny_guard, disk, write):
    """Nothing of the failed write is there, nothing of the one before is lost."""
    write(tiny_guard, disk, 1)
    before = state(disk)
    fill(disk)
    with pytest.raises(SocialGuardError):
        write(tiny_guard, disk, 2)
    (disk / "filler").unlink()
    assert state(disk) == before
    write(tiny_guard, disk, 3)
    assert write is confirm or state(disk) != before
    if write is confirm:
        with History(disk / "history.db", KEY) as history:
            assert history.standing("@sam").breaches == 400


@pytest.mark.parametrize("write", WRITERS)
def test_a_read_only_disk(tiny_guard, disk, write):
    """It is said, and what is there can be read."""
    write(tiny_guard, disk, 1)
    before = state(disk)
    subprocess.run(["mount", "-o", "remount,ro", disk], check=True)
    with pytest.raises(SocialGuardError):
        write(tiny_guard, disk, 2)
    assert state(disk) == before


@pytest.mark.parametrize("write", WRITERS)
@pytest.mark.skipif(os.geteuid() == 0, reason="root writes into every folder")
def test_a_folder_of_somebody_else(tiny_guard, tmp_path, write):
    """It is said, and nothing is left there."""
    folder = tmp_path / "theirs"
    folder.mkdir(mode=0o500)
    with pytest.raises((SocialGuardError, PermissionError)):
        write(tiny_guard, folder, 1)
    folder.chmod(0o700)
    assert list(folder.iterdir()) == []
