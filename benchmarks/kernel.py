"""What a compiled kernel would bring to scoring in batches, in the same run; writes docs/figures/kernel.md.

    pip install numba && python benchmarks/kernel.py

The kernels stand here and nowhere else: they are too little gain for the package. Each gives the same whole numbers.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections import Counter
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from importlib.metadata import files
from itertools import chain
from unittest.mock import patch

import numpy as np
import pandas as pd
from holdout import markdown
from numba import __version__ as NUMBA
from numba import njit
from speed import process_cost
from timing import fresh, own_comments, seconds, write_page

from social_guard import SocialGuard
from social_guard.model import block_lattice, block_sums
from social_guard.model.block_sums import BlockSums
from social_guard.words import key_table, token_arrays
from social_guard.words.key_table import KeyTable
from social_guard.words.token_arrays import TokenArrays

PART = 12_288
_PLAIN_SUMS = BlockSums._unit_sums
STEPS = {
    "cut and fold the comments": (token_arrays, "fold_block"),
    "find tokens and their keys": (block_sums, "read_tokens"),
    "of these and n-grams: the keys": (token_arrays, "stretch_keys"),
    "look keys up": (KeyTable, "find"),
    "unknown tokens: meanings and n-grams": (BlockSums, "_learn"),
    "disguises": (block_sums, "reading_steps"),
    "letters with spaces between": (block_sums, "spaced_places"),
    "words in two pieces": (block_sums, "joined_steps"),
    "comments taken alone": (BlockSums, "_odd_units"),
    "neighbours": (block_sums, "neighbours"),
    "pairs": (BlockSums, "_pair_units"),
    "distinct units and their sums": (BlockSums, "_unit_sums"),
    "the rest": (BlockSums, "totals"),
}


# --------------------------------------------------------------------------------------------------------- kernels


@njit(cache=True)
def _position(key, table):
    odd, shift, mask, keys, positions = table
    slot = np.int64(key * odd >> shift)
    while positions[slot] >= 0 and keys[slot] != key:
        slot = slot + 1 & mask
    return np.int64(positions[slot])


@njit(cache=True)
def _find(keys, table):
    found = np.empty(len(keys), np.int64)
    for i in range(len(keys)):
        found[i] = _position(keys[i], table)
    return found


@njit(cache=True)
def _pair_unit(owner, left, right, table, first):
    """The unit of a pair, or -1."""
    position = _position(np.uint64((left << 32 | right) + 1), table)
    return owner << 32 | position + first if position >= 0 else np.int64(-1)


@njit(cache=True)
def _pair_units(owners, lefts, rights, table, first):
    units = np.empty(len(owners), np.int64)
    for i in range(len(owners)):
        units[i] = _pair_unit(owners[i], lefts[i], rights[i], table, first)
    return units[units >= 0]


@njit(cache=True)
def _near_units(owners, ids, pictures, table, first):
    units, n = np.empty(2 * len(ids), np.int64), 0
    for i in range(len(ids) - 1):
        for j in range(i + 1, min(i + 2 + pictures[i + 1], len(ids))):
            if owners[i] >= 0 and owners[i] == owners[j]:
                units[n] = _pair_unit(owners[i], ids[i], ids[j], table, first)
                n += units[n] >= 0
    return units[:n]


@njit(cache=True)
def _sorted_sums(units, rows, unseen, n_owners):
    """Sums of the rows of the distinct units of each owner, and the most units that one of them has."""
    sums, most, count = np.zeros((n_owners, rows.shape[1]), np.int64), 0, 0
    for i in range(len(units)):
        if i and units[i] == units[i - 1]:
            continue
        owner, row = units[i] >> 32, units[i] & 0xFFFFFFFF
        count = count + 1 if i and units[i - 1] >> 32 == owner else 1
        most = max(most, count)
        held, row = (rows, row) if row < len(rows) else (unseen, row - len(rows))
        for column in range(rows.shape[1]):
            sums[owner, column] += held[row, column]
    return sums, most


@njit(cache=True)
def _stretch_keys(words, starts, lengths, odds, longest):
    keys, full = np.zeros(len(starts), np.uint64), np.uint64(0xFFFFFFFFFFFFFFFF)
    for i in range(len(starts)):
        length = min(lengths[i], longest)
        for offset in range(0, length, 8):
            piece = words[starts[i] + offset] & full >> np.uint64(64 - 8 * min(length - offset, 8))
            mixed = keys[i] * odds[0]
            keys[i] = (mixed ^ mixed >> np.uint64(32)) * odds[1] ^ piece if offset else piece
    return keys


# ------------------------------------------------------------------------------- the kernels in the place of steps


def table_of(table):
    return key_table._ODD, table._shift, table._mask, table._keys, table._positions


def find(table, keys):
    return _find(keys, table_of(table))


def pair_units(sums, owners, lefts, rights=None):
    table, first = table_of(sums._pairs), len(sums._index)
    if rights is None:  # what `near` hands on
        return _near_units(owners.owners, owners.ids, lefts, table, first)
    return _pair_units(owners, lefts, rights, table, first)


def near(plain, pictures):
    """Nothing yet: pairs are made and looked up in one pass."""
    return plain, pictures


def unit_sums(sums, parts, unseen, n_texts):
    if not hasattr(sums, "rows"):
        sums.__dict__["rows"] = np.ascontiguousarray(sums._columns.T)
    packed, most = _sorted_sums(np.sort(np.concatenate(parts)), sums.rows, np.array(unseen), n_texts)
    return _PLAIN_SUMS(sums, parts, unseen, n_texts) if most > sums._most_units else block_sums._unpacked(packed, sums._width)


def stretch_keys(data, starts, lengths):
    words = np.ndarray((len(data) - 7,), "<u8", data, 0, (1,))
    return _stretch_keys(words, starts, lengths, token_arrays._ODDS, token_arrays.LONGEST)


KERNELS = {
    "keys looked up": [(KeyTable, "find", find)],
    "distinct units and their sums": [(BlockSums, "_unit_sums", unit_sums)],
    "pairs made and looked up": [(BlockSums, "_pair_units", pair_units), (block_sums, "neighbours", near)],
    "keys of tokens and n-grams": [(token_arrays, "stretch_keys", stretch_keys), (block_sums, "stretch_keys", stretch_keys)],
}
SIDES = {"numpy alone": [], **KERNELS, "all of them": list(chain.from_iterable(KERNELS.values()))}


def free(call):
    """A step as if it cost nothing: what it gives is remembered from the first time on."""
    held = {}

    def step(first, *others):
        key = first if isinstance(first, bytes) else tuple(first)
        if key not in held:
            held[key] = call(first, *others)
        found = held[key]
        return replace(found, odd=found.odd.copy()) if isinstance(found, TokenArrays) else found

    return step


FREE = [(block_lattice, "suspect_chunks"), (token_arrays, "_tokens"), (block_sums, "spaced_places")]
MORE = SIDES["all of them"] + [(place, name, free(getattr(place, name))) for place, name in FREE]
BOUNDS = {
    "numpy alone": [],
    "all of the above": SIDES["all of them"],
    "and finding tokens and disguises at no cost": MORE,
    "and folding at no cost": [*MORE, (block_sums, "read_tokens", free(block_sums.read_tokens))],
}


@contextmanager
def kernels(replaced):
    with ExitStack() as stack:
        for place, name, kernel in replaced:
            stack.enter_context(patch.object(place, name, kernel))
        yield


# --------------------------------------------------------------------------------------------------------- figures


def check(weights, comments):
    """All sides must give the same whole numbers, also for strange comments."""
    strange = ["", "a", "\ud800", "f o o l", "id1ot " * 9, "\u00e9\u0301\u0661\u0662 x", "w" * 100_000, "ok \U0001f600 ok " * 40_000]
    texts = [*comments, *strange, *(" ".join(map(chr, range(first, first + 300))) for first in range(0, 0xD000, 300))]
    totals = fresh(weights).totals(texts)
    for name, replaced in SIDES.items():
        with kernels(replaced):
            if not np.array_equal(fresh(weights).totals(texts), totals):
                raise SystemExit(f"{name}: other totals than numpy alone")


def shares(weights, comments, rounds):
    """The share of each step in the time of numpy alone, without the steps inside it that have a row of their own."""
    rows = [step_times(weights, comments) for _ in range(rounds)]
    medians = {name: statistics.median(row[name] / row.total() for row in rows) for name in STEPS}
    return [{"step": name, "share": f"{share:.0%}"} for name, share in sorted(medians.items(), key=lambda item: -item[1])]


def step_times(weights, comments):
    times, scorer, inner = Counter(), fresh(weights), [0]
    with ExitStack() as stack:
        for name, (place, attribute) in STEPS.items():
            stack.enter_context(patch.object(place, attribute, timed(getattr(place, attribute), name, times, inner)))
        seconds(scorer.totals, comments)
    return times


def timed(call, name, times, inner):
    def step(*arguments):
        inner.append(0)
        start = time.process_time_ns()
        result = call(*arguments)
        took = time.process_time_ns() - start
        times[name] += took - inner.pop()
        inner[-1] += took
        return result

    return step


def gains(weights, comments, sides, *, rounds, met=()):
    """Comments a second of each side, all in turn, and what the ratios within a round are."""
    for replaced in sides.values():
        with kernels(replaced):
            fresh(weights).totals(comments)
    speeds = {name: [] for name in sides}
    for _ in range(rounds):
        for name, replaced in sides.items():
            scorer = fresh(weights)
            if len(met):
                scorer.totals(met)
            with kernels(replaced):
                scorer.totals(["", "f o o l, st***d"] * 32)
                speeds[name].append(len(comments) / seconds(scorer.log_odds, comments))
    plain = speeds["numpy alone"]
    ratios = {name: [a / b for a, b in zip(own, plain, strict=True)] for name, own in speeds.items()}
    return {name: (statistics.median(own), np.percentile(ratios[name], [10, 50, 90])) for name, own in speeds.items()}


def table(weights, comments, sides, rounds):
    part, others = comments[:PART], comments[PART:]
    cold, warm = gains(weights, part, sides, rounds=rounds), gains(weights, part, sides, rounds=rounds, met=others)
    rows = [
        {"compiled": name, "comments a second": f"{cold[name][0]:,.0f}", "times numpy": f"{cold[name][1][1]:.2f}"}
        | {"10 % to 90 %": f"{cold[name][1][0]:.2f} to {cold[name][1][2]:.2f}", "times numpy, most words met": f"{warm[name][1][1]:.2f}"}
        for name in sides
    ]
    return markdown(pd.DataFrame(rows))


def numba_cost(rounds):
    """Megabytes on disk with the compiler it brings; seconds and peak megabytes of a process that imports it, more than with numpy."""
    disk = sum(path.locate().stat().st_size for name in ("numba", "llvmlite") for path in files(name) if path.locate().is_file())
    costs = [np.subtract(process_cost("import numba"), process_cost("import numpy")) for _ in range(rounds)]
    return disk / 1e6, *np.median(costs, axis=0)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=9, help="more rounds, steadier medians")
    rounds = parser.parse_args().rounds
    weights, comments = SocialGuard.load().weights, own_comments()
    check(weights, comments[:PART])
    gained, bounds = (table(weights, comments, sides, rounds) for sides in (SIDES, BOUNDS))
    steps = markdown(pd.DataFrame(shares(weights, comments[:PART], rounds)))
    cost = COST.format(*numba_cost(rounds))
    write_page("kernel.md", HEAD.format(numba=NUMBA), gained, cost, BOUND, bounds, "## Where numpy alone spends its time", steps, TAIL)


HEAD = """\
# A compiled kernel

Written by `benchmarks/kernel.py`. Scoring needs numpy and no compiler; what would a compiled kernel add? Here whole-array steps are
replaced by loops that numba {numba} compiles, on one core, without inexact arithmetic; unless all totals are the same whole numbers,
nothing is measured. All sides take turns in the same run, from raw text on, in blocks of 4,096 of our own comments, with the time of the
processor. *Most words met* is after the other comments have been scored. A kernel was to be kept from 1.4 times numpy on."""

COST = """\
Numba and its compiler take {:.0f} MB on disk; to import it costs a process {:.2f} seconds and {:.0f} MB of memory more than numpy."""

BOUND = """\
## What more kernels could bring at most

Further steps are given their results for nothing, as no kernel could: this is the most that compiling these too would bring."""

TAIL = """\
A step is counted without those inside it that have a row of their own. Unknown tokens, disguises and comments taken alone are in good
part looked up in dictionaries, matched by patterns, or read letter by letter in Python, which no kernel for arrays makes quicker."""


if __name__ == "__main__":
    main()
