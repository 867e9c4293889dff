import re

import pytest

from social_guard.exceptions import SecretKeyError
from social_guard.records.keys import Key, load_key

SECRET = bytes(range(32))


@pytest.mark.parametrize("secret", [b"", SECRET[:31], b"0" * 64, b"abcdefg" * 9])
def test_a_weak_key_is_refused(secret):
    """Too short, or the same few bytes over and over; the error says how to make a good one and does not show the key."""
    with pytest.raises(SecretKeyError, match="token_hex") as caught:
        Key(secret)
    assert len(secret) < 9 or secret.decode("latin-1") not in str(caught.value)


def test_the_shortest_key_is_taken():
    """32 bytes, and 8 different ones."""
    assert Key(SECRET) and Key(b"abcdefgh" * 4)


def test_pseudonyms_differ_by_key_use_and_name():
    """The same of all three gives the same pseudonym; any other gives another."""
    keys = Key(SECRET), Key(SECRET[::-1])
    names = [key.pseudonym(use, name) for key in keys for use in ("author", "text") for name in ("", "a", "author", "\ud800")]
    assert len(set(names)) == len(names)
    assert Key(SECRET).pseudonym("author", "a") == keys[0].pseudonym("author", "a")
    assert all(re.fullmatch("[0-9a-f]{8}:[0-9a-f]{64}", name) for name in names)


def test_use_and_name_do_not_run_into_each_other():
    """Where one ends and the other begins counts."""
    assert Key(SECRET).pseudonym("a", "bc") != Key(SECRET).pseudonym("ab", "c")


def test_a_key_does_not_show_itself():
    """Neither in its repr nor in its id."""
    assert repr(Key(SECRET)) == f"Key(id={Key(SECRET).id!r})"
    assert Key(SECRET).id not in SECRET.hex()


def test_load_key_from_file_or_environment(tmp_path, monkeypatch):
    """A line end around it does not matter; the file goes first."""
    path = tmp_path / "key"
    path.write_bytes(SECRET.hex().encode() + b"\r\n")
    monkeypatch.setenv("SOCIAL_GUARD_KEY", SECRET[::-1].hex() + "\n")
    assert load_key(path) == Key(SECRET.hex().encode())
    assert load_key() == Key(SECRET[::-1].hex().encode())


def test_a_missing_key_is_named(tmp_path):
    """With the file."""
    with pytest.raises(SecretKeyError, match="nothing.*cannot be read"):
        load_key(tmp_path / "nothing")
