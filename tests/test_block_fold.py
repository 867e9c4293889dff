import random
import sys
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from social_guard.words.block_fold import EDGE, MARGIN, MARK_CODES, fold_block
from social_guard.words.marks import mark
from tests.test_suspects import DISGUISED
from tests.test_text import TEXTS

MARKED = st.lists(
    st.sampled_from(["@ward", "#AskNow", "\n", "WWW.", "a.CO", "&amp;", "&Lt;", "&lt;", "//", "x@y.uk", ".", "w", " ", "é", "\u212a", "ſ", "İ", "‹", "🐷", "ask Gavin", ", Bev Stott", "\ud800", "\xa0"])
).map("".join)


def unfolded(data, edges, sizes):
    """The comments with their marks written out."""
    return [_written(data[first + 1 : last], size) for (first, last), size in zip(pairwise(edges), sizes.tolist(), strict=True)]


def _written(folded, size):
    names = {code: name for name, code in MARK_CODES.items() if len(code) == 1}
    names[b"\xfa"] = {code[1:]: name for name, code in MARK_CODES.items() if len(code) == 2}[bytes([size])]
    for code, name in names.items():
        folded = folded.replace(code, f" {name} ".encode())
    return folded.decode().strip(" ").replace("›  ‹", "› ‹") if folded else ""


@given(st.lists(TEXTS | DISGUISED | MARKED, max_size=8))
def test_a_block_is_folded_as_each_comment_is(texts):
    """For any texts, with links, entities and letters that only look like ASCII to a search."""
    data, edges, sizes = fold_block(texts)
    assert unfolded(data, edges, sizes) == [mark(text).replace("›  ‹", "› ‹") for text in texts]
    assert data.startswith(MARGIN + EDGE) and data.endswith(EDGE + MARGIN)


def test_every_character_is_folded_as_it_is_alone():
    """In the middle of a word, for all of Unicode."""
    chars = list(map(chr, range(0x80, sys.maxunicode + 1)))
    random.Random(0).shuffle(chars)
    texts = ["a".join(chars[start : start + 500]) for start in range(0, len(chars), 500)]
    assert unfolded(*fold_block(texts)) == [mark(text) for text in texts]
