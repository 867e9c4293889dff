import pickle
import random
import threading

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from social_guard import SocialGuard
from social_guard.model.block_sums import _packed, _unpacked
from social_guard.model.classifier import CommentClassifier
from social_guard.model.features import char_ngrams, unit_keys
from social_guard.model.scorer import MANY, Scorer
from tests.test_suspects import DISGUISED
from tests.test_text import TEXTS

ODD = ["", "x", "❶ 2", "1❶", "a''b f**k f***", "##", "f o o l", "m.o.r.o.n", "🐷🐷 🅰", "y" * 99, "?" * 41, "@a &amp; www.x.com", "\ud800", "\x00\xff"]


@pytest.fixture(scope="module")
def scorer():
    return Scorer(SocialGuard.load()._model.weights)


@pytest.fixture(scope="module")
def reference(scorer):
    """The sums in their simplest form: the rows of each unit, one after the other."""
    weights = scorer.weights
    word_rows, gram_rows = (block.rows(weights.n_comments) for block in weights.blocks)

    def totals(texts):
        sums = np.zeros((len(texts), word_rows.shape[1]), np.int64)
        for i, text in enumerate(texts):
            tokens, pairs = unit_keys(text, scorer.known)
            for key in tokens + pairs:
                if key in weights.words.index:
                    sums[i] += word_rows[weights.words.index[key]]
            for gram in (gram for token in tokens for gram in char_ngrams(token)):
                if gram in weights.grams.index:
                    sums[i] += gram_rows[weights.grams.index[gram]]
        return sums

    return totals


@pytest.fixture(scope="module")
def groups_scorer():
    """Of a model that knows groups and a word that begins like a group's name."""
    texts = ["all muslims here", "blackadder is good", "kind sikhs and white gays", "vile muslims and jewish men"] * 3
    return Scorer(CommentClassifier(min_df=1, folds=0).fit(texts, [1, 0, 0, 1] * 3).weights_)


@given(st.lists(TEXTS | DISGUISED | st.sampled_from(ODD), max_size=6))
@settings(deadline=None, max_examples=60)
def test_a_batch_and_one_alone_give_the_bits_of_the_simple_form(scorer, reference, texts):
    """For any text, both paths equal the plain loop."""
    expected = reference(texts)
    assert np.array_equal(scorer.plain_totals(texts), expected)
    assert np.array_equal(scorer.totals(texts + [""] * MANY)[: len(texts)], expected)


@pytest.mark.parametrize("written", ["muslims", "MUSLIM", "musl1m", "mus lim", "m*slims", "musilms", "muslims*", "m.u.s.l.i.m"])
def test_names_of_groups_count_the_same(groups_scorer, written):
    """However it is written, alone and among others; the sums hold nothing of the name."""
    texts = [f"all {name} here and sikhs" for name in (written, "hindus")]
    alone = groups_scorer.plain_totals(texts)
    assert np.array_equal(alone[0], alone[1]) and alone[0].any()
    assert np.array_equal(groups_scorer.totals(texts * MANY)[:2], alone)


@pytest.mark.parametrize("text", ["blackadder", "black adder", "white 🙂 gay", "a woman's men", "gay*** jew* *sikh", "the poles pole"])
def test_what_only_looks_like_a_group_is_the_same_in_both_paths(groups_scorer, text):
    """Names inside words, beside signs, and in other forms."""
    assert np.array_equal(groups_scorer.totals([text] * MANY)[0], groups_scorer.plain_totals([text])[0])


def test_own_comments_in_one_batch(scorer, reference, own_comments):
    """Real comments, and mixes of their pieces."""
    texts = own_comments["text"].tolist()
    draw = random.Random(0)
    mixed = ["".join(draw.choice(draw.choice(texts)[:9] or " ") + draw.choice(texts)[-9:] for _ in range(5)) for _ in range(500)]
    batch = texts[:1000] + mixed + ODD
    assert np.array_equal(scorer.totals(batch), reference(batch))


def test_long_comments_beside_short_ones(scorer, reference):
    """A comment of 100,000 characters with thousands of distinct words, in a batch and alone."""
    draw = random.Random(1)
    letters = "abcdefghijklmnopqrstuvwxyz"
    words = " ".join("".join(draw.choices(letters, k=draw.randint(1, 9))) for _ in range(17_000))[:100_000]
    batch = ["fine", words, "🙂" * 5_000, "nospace" * 14_000, *ODD, *["thank you"] * MANY]
    assert np.array_equal(scorer.totals(batch), reference(batch))
    assert np.array_equal(scorer.totals([words]), reference([words]))


def test_a_broken_word_with_a_footnote_is_joined_in_both(scorer, reference):
    """The sign of a footnote is no part of the word, alone or in a batch."""
    batch = ["stu pid", "stu pid*", "stu* pid", "stu pid**", "s*u pid", *["thank you"] * MANY]
    assert np.array_equal(scorer.totals(batch), reference(batch)) and np.array_equal(scorer.plain_totals(batch), reference(batch))
    assert "stupid" in unit_keys("stu pid*", scorer.known)[0] and "stupid" not in unit_keys("stu pid**", scorer.known)[0]


def test_many_words_never_met(scorer, reference):
    """Also such as no n-gram of theirs is known."""
    draw = random.Random(2)
    strange = [" ".join(chr(draw.randrange(0x12000, 0x12300)) * 2 for _ in range(30)), " ".join(f"q{draw.choice('xzjk')}v{i}w" for i in range(30))]
    for text in strange:
        assert np.array_equal(scorer.plain_totals([text]), reference([text]))
        assert np.array_equal(scorer.totals([text] * MANY)[:1], reference([text]))


def test_order_and_company_change_nothing(scorer, own_comments):
    """The sums of a comment do not depend on the batch."""
    texts = own_comments["text"].tolist()[:600]
    whole = scorer.totals(texts)
    assert np.array_equal(scorer.totals(texts[::-1])[::-1], whole)
    assert np.array_equal(np.concatenate([scorer.totals(texts[i : i + 50]) for i in range(0, 600, 50)]), whole)
    assert scorer.totals([]).shape == (0, whole.shape[1])


def test_threads_may_share_a_scorer(own_comments, scorer):
    """Four threads on a fresh scorer all get the same sums, in batches and one by one."""
    texts = own_comments["text"].tolist()[:400]
    expected, shared, found = scorer.totals(texts), Scorer(scorer.weights), []
    work = [lambda: shared.totals(texts), lambda: shared.plain_totals(texts)] * 2
    threads = [threading.Thread(target=lambda job=job: found.append(job())) for job in work]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [np.array_equal(sums, expected) for sums in found] == [True] * 4


def test_a_scorer_can_be_pickled(scorer):
    """A copy in another process draws its own secrets and so must make its own tables."""
    texts = ["thank you, ward 5"] * MANY
    scorer.totals(texts)
    copy = pickle.loads(pickle.dumps(scorer))
    assert not {"_block_sums"} & set(vars(copy))
    assert np.array_equal(copy.totals(texts), scorer.totals(texts))


@given(st.lists(st.lists(st.integers(-(2**31) + 1, 2**31 - 1), min_size=5, max_size=5), max_size=4), st.integers(2, 5))
def test_unpacking_undoes_packing(values, width):
    """Two columns share one number and come apart again, an odd number of columns too."""
    rows = np.array(values, np.int64).reshape(-1, 5)[:, :width]
    assert np.array_equal(_unpacked(_packed(rows), width), rows)
