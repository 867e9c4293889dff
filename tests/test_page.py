import json
import re

from hypothesis import given
from hypothesis import strategies as st

from social_guard.pages.template import build_page, content_hash, inline_json

ANYTHING = st.recursive(st.text() | st.integers() | st.none(), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner))


@given(ANYTHING)
def test_data_comes_back_and_holds_no_markup(data):
    """JSON that reads back as it was, in ASCII, without a character that HTML knows."""
    text = inline_json(data)
    assert json.loads(text) == data
    assert text.isascii() and not set(text) & set("<>&")


def test_lone_surrogates_survive():
    """Half a character must not keep the page from being written."""
    assert json.loads(inline_json("\ud800")) == "\ud800"


def test_texts_are_escaped_and_markup_is_not():
    """A dollar sign in what is put in means nothing."""
    page = build_page("$a|$b|$style", "$a", "", data=None, texts={"a": "<$b>"}, markup={"b": "<i>"})
    assert page == "&lt;$b&gt;|<i>|$a"


def test_only_the_style_and_script_given_may_run():
    """The policy forbids everything else; the hash is the one browsers work out."""
    assert content_hash("") == "sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="
    policy = build_page("$content_policy", "a{}", "b()", data=None, texts={}, markup={})
    assert policy.startswith("default-src 'none'; ")
    assert re.findall(r"'(sha256-[^']+)'", policy) == [content_hash("b()"), content_hash("a{}")]
