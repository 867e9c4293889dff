import multiprocessing
import os
import signal
import time

import pytest
from filelock import FileLock

from social_guard.exceptions import OutputError, PolicyError
from social_guard.policy import versions as policy_history
from social_guard.policy.reading import load_policy
from social_guard.policy.versions import go_back, history_folder, read_versions, set_values, write_version

TEXT = "version = 1  # of the format\n[categories.spam]\nhide = 0.5\n"


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "policy.toml"
    path.write_text(TEXT, encoding="utf-8")
    return path


def hide(file):
    return load_policy(file).categories["spam"].hide


def test_every_version_is_kept_with_who_when_and_why(file):
    """The first change also keeps what was there before."""
    set_values(file, {"spam.hide": 0.6}, "too many hidden", who="A. Editor")
    first, second = read_versions(file)
    assert (first.number, first.why, first.text) == (1, "as it was found", TEXT)
    assert (second.number, second.who, second.why) == (2, "A. Editor", "too many hidden")
    assert second.text == file.read_text(encoding="utf-8") == TEXT.replace("0.5", "0.6")
    assert sorted(p.name for p in history_folder(file).iterdir()) == ["0001.toml", "0002.toml", "lock"]


def test_somebody_without_a_name_is_known_by_number(file, monkeypatch):
    """In a container, no list of users holds whoever runs it."""
    for name in ("LOGNAME", "USER", "LNAME", "USERNAME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(os, "getuid", lambda: 2_000_000_011)
    set_values(file, {"spam.hide": 0.6}, "x")
    assert [version.who for version in read_versions(file)] == ["uid 2000000011"] * 2


def test_back_goes_one_version_further_each_time(file):
    """Going back is a version of its own, and again goes on from there."""
    for value in (0.6, 0.7, 0.8):
        set_values(file, {"spam.hide": value}, "x")
    found = []
    for _ in range(3):
        go_back(file)
        found.append(hide(file))
    assert found == [0.7, 0.6, 0.5]
    with pytest.raises(PolicyError, match="there is no version 0; its history has the versions 1 to 7"):
        go_back(file)
    assert hide(file) == 0.5
    go_back(file, 4)
    assert hide(file) == 0.8
    assert [v.why for v in read_versions(file)][-2:] == ["back to version 1", "back to version 4"]


def test_a_change_by_hand_is_not_lost(file):
    """It becomes a version before anything else does."""
    set_values(file, {"spam.hide": 0.6}, "x")
    file.write_text(TEXT.replace("0.5", "0.9"), encoding="utf-8")
    go_back(file)
    assert hide(file) == 0.6
    assert [v.why for v in read_versions(file)] == ["as it was found", "x", "changed by hand", "back to version 2"]


def test_a_bad_value_writes_nothing(file):
    """Neither the file nor a history."""
    with pytest.raises(PolicyError, match="hide is 7"):
        set_values(file, {"spam.hide": 7}, "x")
    assert file.read_text(encoding="utf-8") == TEXT and not history_folder(file).exists()


def test_without_history_there_is_no_way_back(file, tmp_path):
    """The error says what there is; a file that is not a version is named."""
    with pytest.raises(PolicyError, match="versions 1 to 1"):
        go_back(file)
    (history_folder(file) / "0002.toml").write_text("version = 1\n", encoding="utf-8")
    with pytest.raises(PolicyError, match=r"0002.toml: is not a version"):
        read_versions(file)


def _set_many(file, name):
    for number in range(1, 11):
        set_values(file, {name: number / 100}, f"{name} {number}", who=name)


def test_two_people_at_once_do_not_overwrite_each_other(file):
    """Each change begins with what the one before it wrote: both last ones stand in the file, and all in its history."""
    names = ["spam.hide", "abuse.hide"]
    people = [multiprocessing.get_context("fork").Process(target=_set_many, args=(file, name)) for name in names]
    for person in people:
        person.start()
    for person in people:
        person.join()
    assert {person.exitcode for person in people} == {0}
    policy, whys = load_policy(file), [version.why for version in read_versions(file)]
    assert [policy.categories[name.split(".")[0]].hide for name in names] == [0.1, 0.1]
    assert len(whys) == 21 and all([why for why in whys if why.startswith(name)][-1] == f"{name} 10" for name in names)


def test_somebody_who_never_ends_is_not_waited_for(file, monkeypatch):
    """After a while it is said, and nothing is changed."""
    monkeypatch.setattr(policy_history, "PATIENCE", 0.1)
    set_values(file, {"spam.hide": 0.6}, "x")
    with FileLock(history_folder(file) / "lock"), pytest.raises(OutputError, match="somebody else has been saving it"):
        set_values(file, {"spam.hide": 0.7}, "y")
    assert len(read_versions(file)) == 2


def test_a_number_is_taken_once(file, monkeypatch):
    """Also where locks do not hold, as on some network disks: the version that is there first stays."""
    set_values(file, {"spam.hide": 0.6}, "x")
    kept, versions = (history_folder(file) / "0002.toml").read_bytes(), read_versions(file)
    monkeypatch.setattr(policy_history, "read_versions", lambda path: versions[:1])
    with pytest.raises(OutputError, match="somebody else has just saved a version"):
        set_values(file, {"spam.hide": 0.7}, "y")
    assert (history_folder(file) / "0002.toml").read_bytes() == kept


@pytest.mark.parametrize("change", [lambda path: go_back(path), lambda path: set_values(path, {"spam.hide": 0.7}, "x")])
def test_a_wrong_name_leaves_nothing_behind(tmp_path, change):
    """No folder for the history of a file that is not there."""
    with pytest.raises(PolicyError):
        change(tmp_path / "none.toml")
    assert list(tmp_path.iterdir()) == []


def _write_for_ever(file):
    for i in range(1_000_000):
        write_version(file, f"{TEXT}# {'x' * 20_000} {i}\n", "x")


def test_a_killed_process_leaves_a_whole_file(file):
    """Whenever it dies, the policy and every version can be read."""
    for _ in range(3):
        process = multiprocessing.get_context("spawn").Process(target=_write_for_ever, args=(file,))
        process.start()
        before = len(read_versions(file))
        while len(read_versions(file)) < before + 3:
            time.sleep(0.01)
        os.kill(process.pid, signal.SIGKILL)
        process.join()
        assert hide(file) == 0.5
        assert all(version.text for version in read_versions(file))
