"""The command line for policy files: ``social-guard policy`` and ``social-guard tune``."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from ..exceptions import TuningError

FILE = click.argument("file", type=click.Path(path_type=Path))
WHO = click.option("--who", help="Who makes the change; by default the user of this computer.")


@click.group()
def policy() -> None:
    """Check, compare, try out and change policy files."""


@policy.command()
@FILE
def check(file: Path) -> None:
    """Say whether FILE is a valid policy, and which of its rules have expired."""
    from ..policy.reading import load_policy
    from ..policy.rules import rule_warnings

    checked = load_policy(file)
    for warning in rule_warnings(checked.rules):
        click.echo(f"warning: {file}: {warning}", err=True)
    click.echo(f"{file}: valid; mode {checked.mode}, {len(checked.categories)} categories, {len(list(checked.rules.places()))} rules")


@policy.command()
@click.argument("old", type=click.Path(path_type=Path))
@click.argument("new", type=click.Path(path_type=Path))
def diff(old: Path, new: Path) -> None:
    """Say in plain English what NEW changes against OLD."""
    from ..policy.compare import policy_changes
    from ..policy.reading import load_policy

    click.echo("\n".join(policy_changes(load_policy(old), load_policy(new))) or "no difference")


@policy.command()
@FILE
@click.argument("scored", type=click.Path(path_type=Path))
@click.option("--last", type=click.IntRange(min=1), help="Only so many rows, from the end of SCORED.")
@click.option("--text", default="text", show_default=True, help="The column that holds the comments.")
@click.option("--id", "identifier", default="id", show_default=True, help="The column that names a comment.")
def replay(file: Path, scored: Path, last: int | None, text: str, identifier: str) -> None:
    """Show what FILE would have done to the comments in SCORED, a file that `social-guard score` wrote."""
    from ..files.data import read_table
    from ..policy.compare import replay_policy
    from ..policy.reading import load_policy

    frame = read_table(scored)
    result = replay_policy(frame if last is None else frame.tail(last), load_policy(file), text=text, identifier=identifier)
    click.echo(result.changes.to_string(index=False))
    now, before = (_tallies(decided) for decided in (result.decisions, frame.loc[result.decisions.index]))
    waiting, alone = (f"{count:,}" + (f" ({before[name]:,} before)" if name in before else "") for name, count in now.items())
    click.echo(f"{len(result.decisions):,} comments: {waiting} wait for a person, {alone} are acted on by software alone")
    if result.unscored:
        click.echo(f"{result.unscored:,} rows have no scores and were left out", err=True)


def _tallies(decided: Any) -> dict[str, int]:
    """How many comments wait for a person, and on how many software acts alone, as far as the columns tell."""
    quiet = {"needs_review": "false", "automatic": "none"}
    return {name: int((decided[name].astype(str).str.lower() != word).sum()) for name, word in quiet.items() if name in decided}


@policy.command("set")
@FILE
@click.argument("path")
@click.argument("value")
@click.option("--why", required=True, help="The reason, for the history.")
@WHO
def set_value(file: Path, path: str, value: str, why: str, who: str | None) -> None:
    """Set the value at PATH of FILE, e.g. spam.hide 0.8; "never" takes a step out. The version before is kept."""
    from ..policy.edit import parse_value
    from ..policy.reading import load_policy
    from ..policy.versions import set_values

    before = load_policy(file)
    version = set_values(file, {path: parse_value(value)}, why, who=who)
    _tell(file, before, version.number)


@policy.command()
@FILE
def history(file: Path) -> None:
    """List the versions of FILE: number, when, who, why."""
    from ..policy.versions import read_versions

    for version in read_versions(file):
        click.echo(f"{version.number:>4}  {version.when}  {version.who}: {version.why}")


@policy.command()
@FILE
@click.option("--to", "number", type=int, help="The number of the version; by default the one before the present one.")
@WHO
def back(file: Path, number: int | None, who: str | None) -> None:
    """Return FILE to an earlier version."""
    from ..policy.reading import load_policy
    from ..policy.versions import go_back

    before = load_policy(file)
    _tell(file, before, go_back(file, number, who=who).number)


def _tell(file: Path, before: Any, number: int) -> None:
    from ..policy.compare import policy_changes
    from ..policy.reading import load_policy

    for change in policy_changes(before, load_policy(file)) or ["no difference"]:
        click.echo(change)
    click.echo(f"{file} is now version {number}", err=True)


@click.command()
@click.argument("valid", type=click.Path(path_type=Path))
@click.option("-o", "--output", required=True, type=click.Path(path_type=Path), help="The policy file to write.")
@click.option("--precision", multiple=True, metavar="STEP=SHARE", help="E.g. hide=0.8, or spam.hide=0.9; may be repeated.")
@click.option("--cost", multiple=True, metavar="NAME=COST", help="Instead: miss=5 and false_alarm=1, also spam.miss=5.")
@click.option(
    "--prevalence",
    multiple=True,
    metavar="CATEGORY=SHARE",
    help='The share of a category where the guard is used; or SHARE alone for all; or "as drawn": as in VALID, a random sample.',
)
@click.option("--confidence", default=0.95, show_default=True, help="How sure each promise must be.")
@click.option("--joint", is_flag=True, help="The confidence is that of all promises together.")
@click.option("--unproven", default="raise", show_default=True, help="What becomes of a step not proven: raise, drop or keep.")
@click.option("--per-week", "comments_per_week", default=1000, show_default=True, help="Comments a week, for the volumes.")
@click.option("--text", default="text", show_default=True, help="The column that holds the comments.")
@click.option("--model", type=click.Path(path_type=Path), help="A model folder; by default the model that ships.")
@click.option("--policy", "policy_file", type=click.Path(path_type=Path), help="The policy file to begin with.")
def tune(valid: Path, output: Path, model: Path | None, policy_file: Path | None, **options: Any) -> None:
    """Choose thresholds that keep a promised precision, proven on labelled comments, VALID; write a policy file.

    A policy file that stands at OUTPUT is kept in its history.
    """
    from ..guard import SocialGuard
    from ..policy.versions import write_version
    from ..safe_files import write_file

    options["precision"] = _pairs("precision", options["precision"]) or None
    options["costs"] = _pairs("cost", options.pop("cost")) or None
    options["prevalence"] = _prevalence(options["prevalence"])
    tuned: Any = SocialGuard.load(model, policy=policy_file).tune(valid, **options)
    if output.exists():
        write_version(output, tuned.policy_text, f"tuned on {valid}")
    else:
        write_file(output, tuned.policy_text)
    click.echo(tuned.tuning.drop(columns="needs").round(4).to_string(index=False, na_rep="-"))
    click.echo(f"written to {output}; see what it changes with: social-guard policy diff OLD {output}", err=True)


def _prevalence(given: tuple[str, ...]) -> Any:
    """Shares by category, one share for all, or the words that stand for those of the labels."""
    if len(given) == 1 and "=" not in given[0]:
        try:
            return float(given[0])
        except ValueError:
            return given[0]
    return _pairs("prevalence", given) or None


def _pairs(name: str, given: tuple[str, ...]) -> dict[str, Any]:
    """``spam.hide=0.9`` becomes ``{"spam": {"hide": 0.9}}``."""
    pairs: dict[str, Any] = {}
    for pair in given:
        path, _, number = pair.partition("=")
        *parents, last = path.strip().split(".")
        table = pairs
        try:
            for key in parents:
                table = table.setdefault(key, {})
            table[last] = float(number)
        except (AttributeError, TypeError, ValueError) as error:
            raise TuningError(f"--{name} {pair}: write a name, =, and a number, e.g. hide=0.8") from error
    return pairs
