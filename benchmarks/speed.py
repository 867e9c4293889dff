"""How fast scoring is beside a scikit-learn Pipeline, in the same run; writes docs/figures/speed.md.

    python benchmarks/speed.py

Two references: *equal* has the same features and weights as the model and so gives the same scores; *usual* is what
people write first (words and pairs, `char_wb` n-grams, as many of each), with features of scikit-learn's own.
"""

from __future__ import annotations

import argparse
import compileall
import pickle
import random
import resource
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd
from holdout import markdown
from linear import SHAPES
from timing import ROOT, equal_reference, forget, fresh, in_batches, own_comments, seconds, usual_reference, write_page

from social_guard import SocialGuard
from social_guard.model.features import unit_keys

BATCHES = (256, 1024, 4096)
TURN = 25
OURS, WARM = "social_guard", "social_guard, after the other comments"
PART = 12_288
MET = 2000
"""Comments that a guard has decided on before it is timed; all others are new to it."""


def batch_speed(weights, comments, references, rounds):
    """Comments a second on comments not met before, all sides in turn; ours also after it has met others."""
    sizes = {name: min(BATCHES, key=lambda s: seconds(in_batches, r.decision_function, comments[:4096], s)) for name, r in references.items()}
    speeds = {name: [] for name in (*references, OURS, WARM)}
    for r in range(rounds):
        random.Random(r).shuffle(comments)
        for name, reference in references.items():
            forget()
            speeds[name].append(2048 / seconds(in_batches, reference.decision_function, comments[-2048:], sizes[name]))
        part, others, scorer = comments[:PART], comments[PART:-2048], fresh(weights)
        speeds[OURS].append(len(part) / seconds(scorer.log_odds, part))
        scorer = fresh(weights)
        scorer.log_odds(others)
        speeds[WARM].append(len(part) / seconds(scorer.log_odds, part))
    return [{"side": f"{n}, batches of {sizes[n]}" if n in sizes else n, **spread(s), **ratios(n, speeds)} for n, s in speeds.items()]


def spread(values):
    low, median, high = np.percentile(values, [10, 50, 90])
    return {"median": f"{median:,.0f}", "10 % to 90 %": f"{low:,.0f} to {high:,.0f}"}


def ratios(name, speeds):
    """Medians of the ratios within a round."""
    return {
        f"times {other}": f"{statistics.median(a / b for a, b in zip(speeds[name], speeds[other], strict=True)):.1f}"
        for other in speeds
        if other not in (OURS, WARM)
    }


def one_speed(model, comments, references, turns):
    """Microseconds for one comment that the side has not met before; the sides take turns."""
    guard = SocialGuard(model)
    forget()
    for comment in comments[:MET]:
        guard.moderate(comment)
    calls = {name: lambda comment, r=reference: r.decision_function([comment]) for name, reference in references.items()}
    calls["social_guard"] = guard.moderate
    times = {name: [] for name in calls}
    new = iter(comments[MET:])
    for _ in range(turns):
        for name, call in calls.items():
            times[name] += [seconds(call, next(new)) * 1e6 for _ in range(TURN)]
    rows = {name: np.percentile(values, [50, 90, 99]) for name, values in times.items()}
    mine = rows["social_guard"]
    return [
        {"side": name, "median µs": f"{row[0]:,.0f}", "90 % µs": f"{row[1]:,.0f}", "99 % µs": f"{row[2]:,.0f}"}
        | {"median / ours": f"{row[0] / mine[0]:.1f}", "99 % / ours": f"{row[2] / mine[2]:.1f}"}
        for name, row in rows.items()
    ]


def hostile_speed(guard, length=300, count=200):
    """Microseconds for one comment of a given length that no cache has met: of strange shapes, and of random characters."""
    draw = random.Random(0)
    letters = "abcdefghijklmnopqrstuvwxyz"
    shapes = {name: lambda n, m=make: (f"{draw.choice(letters)}{draw.choice(letters)}{m(n)}")[:n] for name, make in SHAPES.items()}
    shapes["random words"] = lambda n: " ".join("".join(draw.choices(letters, k=6)) for _ in range(n))[:n]
    shapes["random leet"] = lambda n: " ".join("".join(draw.choices(letters + "013457@$!", k=6)) for _ in range(n))[:n]
    shapes["random Unicode"] = lambda n: "".join(chr(draw.choice((draw.randrange(0xD800), draw.randrange(0xE000, 0x110000)))) for _ in range(n))
    rows = []
    for name, make in shapes.items():
        times = [seconds(guard.moderate, make(length)) * 1e6 for _ in range(count)]
        median, high = np.percentile(times, [50, 99])
        rows.append({"characters": name, "median µs": f"{median:,.0f}", "99 % µs": f"{high:,.0f}"})
    return rows


def start_cost(references, rounds):
    """Seconds of the processor and peak memory of a process that loads, decides on one comment, and ends.

    The package is compiled first, as pip does when it installs one; a checkout may be told to keep nothing compiled.
    """
    compileall.compile_dir(Path(ROOT, "social_guard"), quiet=1)
    commands = {"python with numpy alone": "import numpy", "social_guard": "from social_guard import SocialGuard; SocialGuard.load().moderate('Thank you')"}
    with tempfile.TemporaryDirectory() as folder:
        for name, reference in references.items():
            path = Path(folder) / f"{name}.pickle"
            path.write_bytes(pickle.dumps(reference))
            commands[name] = (
                f"import sys; sys.path.insert(0, {str(Path(__file__).parent)!r}); import pickle;"
                f"pickle.load(open({str(path)!r}, 'rb')).decision_function(['Thank you'])"
            )
        runs = {name: [] for name in commands}
        for _ in range(rounds):
            for name, code in commands.items():
                runs[name].append(process_cost(code))
    medians = {name: np.median(values, axis=0) for name, values in runs.items()}
    mine = medians["social_guard"]
    return [
        {"side": n, "seconds": f"{s:.2f}", "seconds / ours": f"{s / mine[0]:.1f}", "peak MB": f"{m:.0f}"}
        for n, (s, m) in medians.items()
    ]


def process_cost(code):
    """Seconds of the processor, and the peak that the process itself reads: what the parent is told includes the parent."""
    start = busy_seconds()
    code += "; print([line for line in open('/proc/self/status') if line.startswith('VmHWM')][0].split()[1])"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return busy_seconds() - start, int(run.stdout) / 1024


def busy_seconds():
    """Of all children that have ended."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def hardware_limit(weights, known, comments):
    """What the memory of the machine would allow if arithmetic were free."""
    source = np.zeros(1 << 24, np.uint64)
    target = source.copy()
    bandwidth = 2 * source.nbytes / min(seconds(np.copyto, target, source) for _ in range(9))
    units = statistics.mean(sum(map(len, unit_keys(comment, known))) for comment in comments[:2000])
    characters = statistics.mean(map(len, comments))
    touched = characters * 3 + units * (64 + 8 * (len(weights.heads) // 2 + 1))
    return LIMIT.format(characters=characters, units=units, touched=touched, bandwidth=bandwidth / 1e9, limit=bandwidth / touched)


LIMIT = """\
A comment has {characters:.0f} characters and {units:.0f} units on average. Each character is read and written once and read again;
each unit costs one line of a table (64 bytes) and one row of weights. That is {touched:,.0f} bytes a comment. One core copies
{bandwidth:.1f} GB/s here, so memory alone would allow {limit:,.0f} comments a second; the rest is instructions and the misses of
the processor's caches."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=9, help="more rounds, steadier medians")
    rounds = parser.parse_args().rounds
    comments, guard = own_comments(), SocialGuard.load()
    weights, known = guard.weights, guard._scorer.known
    references = {"equal": equal_reference(weights, known), "usual": usual_reference(comments, weights)}
    difference = np.abs(references["equal"].decision_function(comments[:500]) - guard._scorer.log_odds(comments[:500])).max()
    if difference > 1e-9:
        raise SystemExit(f"the reference differs by {difference}")
    size = Path(ROOT, "models", "default")
    tables = {
        "Comments a second, comments not met before": batch_speed(weights, comments, references, rounds),
        f"One comment, not met before, after {MET:,} others": one_speed(guard._model, own_comments(1), references, 24 * rounds),
        "One comment of 300 characters that no cache has met": hostile_speed(guard),
        "A whole process: import, load, decide once": start_cost(references, rounds),
    }
    parts = [f"## {title}\n\n{markdown(pd.DataFrame(rows))}" for title, rows in tables.items()]
    model = f"The files of the model have {sum(path.stat().st_size for path in size.iterdir()) / 1e6:.1f} MB."
    write_page("speed.md", HEAD, *parts, "## What the hardware would allow", hardware_limit(weights, known, comments), model)


HEAD = """\
# Speed

Written by `benchmarks/speed.py` on one core: the sides take turns in the same run, so that a ratio means more than a time. Times are
those of the processor, which what else the machine does changes less, with the collector of garbage off, as `timeit` has it. The
reference *equal* is a scikit-learn `Pipeline` with the features and weights of the model and the same scores; *usual* is the
Pipeline that people write first, words and pairs and `char_wb` n-grams, as many of each, with features of its own. Caches are
emptied before each round; *after the other comments* says what a long job comes to, when most words have been met."""


if __name__ == "__main__":
    main()
