"""How well and how fast personal details are found: our own test set, random numbers, our own comments, and time.

    python benchmarks/privacy.py --corpora ../shared/corpora
"""

from __future__ import annotations

import argparse
import json
import random
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
from features import indicator, with_units
from holdout import markdown
from recipe import own_precision, shipped_matrix
from stdnum.gb import nhs
from tqdm import tqdm

from social_guard import PersonalDetail, SocialGuard, find_personal_details, load_policy
from social_guard.personal.privacy import may_hold_details
from social_guard.personal.public_contacts import PublicContacts
from social_guard.personal.spans import KINDS
from social_guard.training import Recipe, gather_comments

ROOT = Path(__file__).resolve().parents[1]
DATA = ROOT / "data" / "privacy"
ORDINARY = (
    "Order {} never arrived at the ward",
    "my parcel {} is at reception apparently",
    "Tracking number {} says delivered",
    "quote {} when you ring the car park people",
    "The reference on the letter is {} and nobody knows what it means",
    "Invoice {} paid, stop chasing me",
    "{} steps for the charity this year!",
    "UTR {} for the bank staff form?",
    "ISBN {} is the book she lent me",
    "{}",
    "account {} at the staff shop",
    "the machine said {} and then went dark",
    "error {} when I log in to the app",
    "what does {} on my wristband box mean",
    "raffle ticket {} won the hamper, thank you",
    "My number in the queue felt like {}",
    "There must be {} people in this waiting room",
    "serial {} is stamped on the wheelchair",
    "time {} in the log of the lift",
    "Batch {} of the vaccine, is it recalled?",
    "£{} would fix the roof",
    "I was caller {} this morning",
    "the number on the bus was {} lol",
    "Thanks to nurse Bukola on ward 4, {} out of ten",
    "NHS staff deserve {} pounds each",
    "job {} closes Friday, who do I ask?",
    "charity no {} please give generously",
    "I rang, I waited, I quoted {}, I cried",
    "call centre ticket {} still open",
    "photo IMG_{} is the best of the day",
)
CONTEXT = (
    "NHS number {}",
    "my nhs number is {}, can you look me up",
    "nhs no. {}",
    "{} is my NHS number",
    "NHS No: {} name of Tetlow",
    "My son's NHS number (he's six) is {}",
    "my number is {}",
    "they asked for my NHS number so here it is: {}",
)
HOSTILE = ("0", "7", " ", "@", ".", "0 ", "1 ", "1.", "a@", "a.", "o", "oh ", "at ", "07700 900123 ", "999 000 0018 ", "1/1/", "flat 1 a ", "born 1 ")


def read_set() -> list[dict]:
    with (DATA / "comments.jsonl").open(encoding="utf-8") as stream:
        return [json.loads(line) for line in stream]


def fits(detail: PersonalDetail, expected: dict) -> bool:
    """The same kind and place; where covert filming begins and ends is a matter of taste, so there they need to meet."""
    end = expected["start"] + len(expected["value"])
    if detail.kind == expected["kind"] == "covert_filming":
        return detail.start < end and expected["start"] < detail.end
    return (detail.kind, detail.start, detail.end) == (expected["kind"], expected["start"], end)


def judge(rows: Sequence[dict], contacts: PublicContacts) -> pd.DataFrame:
    """Recall and false alarms of each kind and half."""
    counts: Counter[tuple[str, str, str]] = Counter()
    for row in rows:
        found = find_personal_details(row["text"], public_contacts=contacts)
        for expected in row["details"]:
            counts[row["half"], expected["kind"], "expected"] += 1
            counts[row["half"], expected["kind"], "found"] += any(fits(detail, expected) for detail in found)
        for detail in found:
            counts[row["half"], detail.kind, "false"] += not any(fits(detail, expected) for expected in row["details"])
    table = []
    for half in ("tune", "test"):
        size = sum(row["half"] == half for row in rows)
        for kind in KINDS:
            expected, found, false = (counts[half, kind, name] for name in ("expected", "found", "false"))
            table.append((half, size, kind, expected, found / expected, false))
    return pd.DataFrame(table, columns=["half", "comments", "kind", "details", "recall", "false alarms"])


def judge_numbers(n: int, seed: int) -> pd.DataFrame:
    """Ten-digit numbers at random: alarms where there should be none, and recall in context."""
    source = random.Random(seed)
    numbers = [f"{source.randrange(10**10):010}" for _ in range(n)]
    valid = [number for number in numbers if nhs.is_valid(number) and number[0] != "0"]
    grouped = [" ".join((number[:3], number[3:6], number[6:])) for number in numbers]
    cases = (
        ("any number, ungrouped, ordinary sentence", numbers, ORDINARY),
        ("any number, 3-3-4, ordinary sentence", grouped, ORDINARY),
        ("valid check digit, ungrouped, ordinary sentence", valid, ORDINARY),
        ("valid check digit, ungrouped, in context", valid, CONTEXT),
        ("valid check digit, 3-3-4, in context", [f"{number[:3]} {number[3:6]} {number[6:]}" for number in valid], CONTEXT),
    )
    table = []
    for name, written, sentences in cases:
        kinds: Counter[str] = Counter()
        for number in tqdm(written, desc=name, leave=False):
            kinds.update({detail.kind for detail in find_personal_details(source.choice(sentences).format(number))})
        shares = {kind: kinds[kind] / len(written) for kind in ("nhs_number", "phone", "hospital_number")}
        table.append({"numbers": name, "how many": len(written)} | shares)
    return pd.DataFrame(table)


def judge_own_comments() -> pd.DataFrame:
    """The share of the project's labelled comments in which each kind is found, by label."""
    rows = [json.loads(line) for path in sorted((ROOT / "data" / "comments").glob("w*.jsonl")) for line in path.open(encoding="utf-8")]
    groups: dict[str, list[set[str]]] = {"privacy": [], "spam": [], "neither": []}
    for row in rows:
        group = next((label for label in ("privacy", "spam") if label in row["labels"]), "neither")
        groups[group].append({detail.kind for detail in find_personal_details(row["text"])})
    table = [
        {"label": f"{group} ({len(found)} comments)", "any kind": sum(map(bool, found)) / len(found)}
        | {kind: sum(kind in kinds for kinds in found) / len(found) for kind in KINDS}
        for group, found in groups.items()
    ]
    return pd.DataFrame(table).set_index("label").T.reset_index(names="share with")


def judge_as_features(corpora: Path, per_source: int = 200) -> pd.DataFrame:
    """Average precision on our own comments, by models that never saw the writer, with the kinds found as units and without."""
    rows = gather_comments(ROOT / "data" / "comments", corpora, replace(Recipe(), per_source=per_source))
    texts = rows["text"].tolist()
    ships = shipped_matrix(rows)
    kinds = indicator(["any", *(f"‹{detail.kind}›" for detail in find_personal_details(text))] for text in texts)
    forms = {"ships": ships, **{f"kinds as units, at {s} of the length": with_units(ships, kinds, s) for s in (0.2, 0.7)}}
    weight = np.where(rows["own"], Recipe.own_weight, 1.0)
    settings = {"C": Recipe.C, "ratio_power": Recipe.ratio_power}
    heads = ("privacy", "spam", "harassment")
    return pd.DataFrame([{"features": name} | {key: own_precision(rows, form, key, weight, **settings) for key in heads} for name, form in forms.items()])


def seconds(work: Callable[[], object], repeats: int = 3) -> float:
    """The fastest of a few runs."""
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return min(times)


def measure_time() -> pd.DataFrame:
    """Microseconds a comment, and what part of `moderate` that is, in the same run."""
    paths = sorted((ROOT / "data" / "comments").glob("w*.jsonl"))
    texts = [json.loads(line)["text"] for path in paths for line in path.open(encoding="utf-8")][::5]
    fast, slow = ([text for text in texts if may_hold_details(text) == slow] for slow in (False, True))
    guard = SocialGuard.load()
    reference = seconds(lambda: [guard.moderate(text) for text in texts]) / len(texts)
    table = [{"work": "guard.moderate", "comments": len(texts), "microseconds": reference * 1e6, "of moderate": 1.0}]
    for name, some in (("all comments", texts), ("those on the fast path", fast), ("the others", slow)):
        took = seconds(lambda some=some: [find_personal_details(text) for text in some]) / len(some)
        row = {"work": f"find_personal_details, {name}", "comments": len(some)}
        table.append(row | {"microseconds": took * 1e6, "of moderate": took / reference})
    return pd.DataFrame(table)


def measure_growth(size: int) -> pd.DataFrame:
    """How the time grows when a hostile text gets four times as long: 4 is linear, 16 quadratic."""
    table = []
    for unit in tqdm(HOSTILE, desc="hostile texts", leave=False):
        texts = [f"1@ film dot insta born {unit * (length // len(unit))}" for length in (size // 4, size)]
        quarter, whole = (seconds(lambda text=text: find_personal_details(text), 1) for text in texts)
        table.append({"repeated": f"`{unit}`", "seconds for 1 MB": whole * 1e6 / size, "four times as long takes": whole / quarter})
    return pd.DataFrame(table)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--numbers", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=11)
    parser.add_argument("--size", type=int, default=1_000_000, help="characters of a hostile text")
    parser.add_argument("--corpora", type=Path, default=ROOT.parent / "shared" / "corpora")
    parser.add_argument("--output", type=Path, default=ROOT / "docs" / "figures" / "privacy.md")
    options = parser.parse_args()
    contacts = load_policy(DATA / "policy.toml").public_contacts
    tables = {
        "The test set": judge(read_set(), contacts),
        "Random numbers of ten digits: the share that is reported": judge_numbers(options.numbers, options.seed),
        "Our own labelled comments, written for other ends": judge_own_comments(),
        "As features of the model: average precision on our own comments": judge_as_features(options.corpora),
        "Time": measure_time(),
        "Time on hostile texts": measure_growth(options.size),
    }
    text = "\n\n".join([HEAD, *(f"## {title}\n\n{markdown(table)}" for title, table in tables.items())]) + "\n"
    print(text)
    options.output.write_text(text, encoding="utf-8")


HEAD = """\
# Personal details: figures

Written by `benchmarks/privacy.py`. The patterns were tuned on the half `tune` of the set in `data/privacy`; the results on the
half `test` were not looked at. But one hand wrote both halves and then the patterns, so `test` flatters: it shows that nothing
was fitted to single comments, not how strangers write. The project's own comments are by other hands; details that were missed in
those labelled `privacy` were read, and the patterns widened by them. Many of these have that label for what no pattern sees
(somebody's illness, workplace, shifts). Times differ from machine to machine; their ratios less so.

By design, a number grouped 3-3-4 that passes the check digit counts as an NHS number where nothing speaks against it; one in
eleven passes."""


if __name__ == "__main__":
    main()
