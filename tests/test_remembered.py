from social_guard.words.remembered import LONGEST_KEY, Remembered


def test_a_value_is_made_once():
    """The second time, what was made is there."""
    made = []
    cache = Remembered(lambda key: made.append(key) or len(key), 9)
    assert [cache["ward"], cache["ward"], cache["nurse"]] == [4, 4, 5]
    assert made == ["ward", "nurse"]


def test_its_size_is_bounded():
    """Neither many keys nor long ones fill the memory."""
    cache = Remembered(len, 3)
    assert [cache[str(i)] for i in range(7)] == [1] * 7
    assert list(cache) == ["6"]
    assert cache["x" * (LONGEST_KEY + 1)] == LONGEST_KEY + 1
    assert list(cache) == ["6"]
