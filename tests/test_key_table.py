import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from social_guard.words.key_table import KeyTable

KEYS = st.integers(1, 2**64 - 1) | st.integers(1, 40)


@given(st.lists(KEYS, unique=True), st.lists(KEYS | st.just(0)))
def test_finds_what_a_dict_finds(known, asked):
    """Every known key leads to its position, every other to -1, whatever shares its slot."""
    positions = {key: position for position, key in enumerate(known)}
    found = KeyTable(np.array(known, np.uint64)).find(np.array(asked, np.uint64))
    assert found.tolist() == [positions.get(key, -1) for key in asked]


def test_many_keys():
    """Twenty thousand keys in a row are all found, their neighbours are not."""
    keys = np.arange(2, 40_002, 2, dtype=np.uint64)
    table = KeyTable(keys)
    assert np.array_equal(table.find(keys), np.arange(len(keys)))
    assert set(table.find(keys + np.uint64(1)).tolist()) == {-1}
