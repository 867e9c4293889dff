"""The command line: ``social-guard``. The only room that prints."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import click

from .. import __version__
from ..exceptions import OutputError, SocialGuardError
from .policy import policy as policy_commands
from .policy import tune

MODEL = click.option("--model", type=click.Path(path_type=Path), help="A model folder; by default the model that ships.")
POLICY = click.option("--policy", type=click.Path(path_type=Path), help="A policy file instead of the one in the model.")


def _shares(context: click.Context, option: click.Parameter, given: tuple[str, ...]) -> dict[str, float]:
    """Shares as they are typed, ``hate_speech=0.5``."""
    shares: dict[str, float] = {}
    for text in given:
        head, _, share = text.partition("=")
        try:
            shares[head] = float(share)
        except ValueError as error:
            raise click.BadParameter(f"{text!r} is no share of a category; write e.g. hate_speech=0.5", context, option) from error
    return shares


PREVALENCE = click.option(
    "--prevalence", multiple=True, callback=_shares, metavar="CATEGORY=SHARE",
    help="Scores as if so many comments belonged to the category, e.g. hate_speech=0.5; actions stay. May be repeated.",
)  # fmt: skip


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="social-guard")
def cli() -> None:
    """Find the comments that break the policy, say why, and recommend what to do."""


cli.add_command(policy_commands)
cli.add_command(tune)


@cli.command()
@click.argument("text")
@click.option("--post", help="The post that it answers.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.option("--mask", is_flag=True, help="Cut the words that the reason quotes to their first letters.")
@PREVALENCE
@MODEL
@POLICY
def moderate(text: str, post: str | None, as_json: bool, mask: bool, **guard: Any) -> None:
    """Decide on one comment, TEXT ("-" reads it from standard input)."""
    decision = _load(**guard).moderate(_given(text), post)
    if as_json:
        _print_json(_decision_dict(decision, mask))
        return
    click.echo(f"action:     {decision.action}")
    click.echo(f"automatic:  {decision.automatic}")
    click.echo(f"review:     {'yes' if decision.needs_review else 'no'}")
    click.echo(f"categories: {', '.join(decision.categories) or '-'}")
    click.echo(f"signposts:  {', '.join(decision.signposts) or '-'}")
    click.echo(f"reason:     {decision.describe(mask=mask)}")


@cli.command()
@click.argument("text")
@click.option("--post", help="The post that it answers.")
@click.option("--json", "as_json", is_flag=True, help="Print every term of every head as JSON.")
@MODEL
def explain(text: str, post: str | None, as_json: bool, model: Path | None) -> None:
    """Show which words gave one comment, TEXT, its scores ("-" reads it from standard input)."""
    explanation = _load(model, None).explain(_given(text), post)
    if as_json:
        _print_json(explanation.to_dict())
    else:
        click.echo(str(explanation))


@cli.command()
@click.argument("source", metavar="IN")
@click.option("-o", "--output", required=True, metavar="OUT", help="Where to write: .csv, .jsonl, .parquet, .csv.gz …, or - for standard output.")
@click.option("--text", default="text", show_default=True, help="The column that holds the comments.")
@click.option("--post", help="The column with the posts that they answer.")
@click.option("--from", "source_format", type=click.Choice(["csv", "jsonl", "parquet"]), help="Format of IN if its name does not tell.")
@click.option("--to", "target_format", type=click.Choice(["csv", "jsonl", "parquet"]), help="Format of OUT if its name does not tell.")
@click.option("--encoding", default="utf-8-sig", show_default=True, help="Encoding of a CSV or JSON Lines file.")
@click.option("--bom", is_flag=True, help="Write CSV for Excel: marked as UTF-8, and with a quote before what it would take for a formula.")
@click.option("--jobs", default=1, show_default=True, help="Processes that score; -1 for one on each core.")
@click.option("--resume", is_flag=True, help="Go on where an interrupted run stopped.")
@click.option("--quiet", is_flag=True, help="No progress bar.")
@PREVALENCE
@MODEL
@POLICY
def score(
    source: str, output: str, quiet: bool, model: Path | None, policy: Path | None, prevalence: dict[str, float], **options: Any
) -> None:
    """Score a file of comments, IN (CSV, JSON Lines, Parquet, a folder of them, or "-" for standard input).

    All columns and rows are kept in order; scores, action, automatic, needs_review, category, categories, signposts and
    error stand behind them. A row that cannot be scored is marked and goes to a person.
    """
    from tqdm import tqdm

    os.environ.setdefault("ARROW_DEFAULT_MEMORY_POOL", "system")  # before Arrow is imported: its own keeps a third more for later
    guard = _load(model, policy, prevalence)
    with tqdm(unit=" comments", unit_scale=True, disable=quiet, file=sys.stderr) as bar:
        rows = guard.score_file(source, output, progress=bar, **options)
    click.echo(f"{rows:,} comments scored: {output}", err=True)


@cli.command()
@click.argument("source", metavar="SCORED")
@click.option("-o", "--output", required=True, metavar="HTML", help="The page to write.")
@click.option("--text", default="text", show_default=True, help="The column that holds the comments.")
@click.option("--id", help="The column with their ids; by default `id` if there is one, else rows are numbered.")
@click.option("--date", help="The column with their dates; by default `date` if there is one.")
@click.option("--author", help="The column with their authors; by default `author` if there is one.")
@click.option("--post", help="The column with the posts that they answer; by default `post` if there is one.")
@click.option("--most", default=5000, show_default=True, help="Comments on the page at the most, the gravest first.")
@click.option("--encoding", default="utf-8-sig", show_default=True, help="Encoding of a CSV or JSON Lines file.")
@MODEL
@POLICY
def report(source: str, output: str, most: int, encoding: str, model: Path | None, policy: Path | None, **columns: Any) -> None:
    """Make one page to review what `social-guard score` wrote, SCORED, and to decide about the comments.

    The page works without a network and sends nothing. Every score is made again: scores of another model are refused.
    """
    from ..review.sheet import Columns, write_review_sheet

    guard = _load(model, policy)
    rows = write_review_sheet(guard, source, output, columns=Columns(**columns), most=most, encoding=encoding)
    click.echo(f"{rows:,} comments: {output}", err=True)


@cli.command()
@click.argument("labelled", metavar="[LABELLED]", required=False, type=click.Path(path_type=Path))
@click.option("-o", "--output", required=True, type=click.Path(path_type=Path), help="The model folder to write.")
@click.option("--labels", type=click.Path(path_type=Path), help="Decisions exported from a review sheet, to learn from as well.")
@click.option("--comments", help="The comments that those decisions were made on.")
@click.option("--text", default="text", show_default=True, help="The column of --comments that holds them.")
@click.option("--id", help="The column of --comments with their ids, as on the review sheet.")
@click.option("--corpora", type=click.Path(path_type=Path), help="A file or folder of public comments to learn from as well.")
@click.option("--jobs", default=1, show_default=True, help="Categories to fit at the same time.")
def train(labelled: Path | None, output: Path, corpora: Path | None, jobs: int, **decided: Any) -> None:
    """Train a model on LABELLED comments, a file or a folder of files, and on decisions made on a review sheet."""
    from ..files.persistence import check_target
    from ..training import train_guard

    check_target(output)
    comments = _training_comments(labelled, **decided)
    guard = train_guard(comments, corpora=corpora, n_jobs=jobs, report=lambda line: click.echo(line, err=True))
    click.echo(f"model {guard.model_hash[:12]} written to {guard.save(output)}", err=True)


REPORTS: dict[str, Callable[[Any], str]] = {
    ".html": lambda found: found.to_html(),
    ".md": lambda found: found.to_markdown(),
    ".json": lambda found: _json(found.to_dict()),
}
"""How an evaluation is written, by the ending of the file."""


@cli.command()
@click.argument("source", metavar="COMMENTS", type=click.Path(path_type=Path))
@click.option("-o", "--output", type=click.Path(path_type=Path), help="Write the whole report: .html, .md or .json.")
@click.option("--redraws", default=1000, show_default=True, help="Bootstrap redraws behind the intervals.")
@click.option("--seed", default=0, show_default=True, help="Of the redraws and disguises.")
@click.option("--disguises/--no-disguises", default=True, show_default=True, help="Whether to score disguised words too.")
@PREVALENCE
@MODEL
@POLICY
def evaluate(
    source: Path, output: Path | None, disguises: bool, model: Path | None, policy: Path | None, prevalence: dict[str, float], **options: int
) -> None:
    """Measure the model on labelled COMMENTS, a file or a folder of files that it was not trained on."""
    from ..files.data import load_comments
    from ..safe_files import write_file

    if output is not None and output.suffix not in REPORTS:
        raise OutputError(f"{output}: the report can be written as {', '.join(REPORTS)}")
    kinds = {} if disguises else {"disguises": ()}
    found = _load(model, policy, prevalence).evaluate(load_comments(source), **kinds, **options)
    click.echo(str(found))
    if output is not None:
        write_file(output, REPORTS[output.suffix](found))


@cli.command()
@click.argument("model_a", type=click.Path(path_type=Path))
@click.argument("model_b", type=click.Path(path_type=Path))
@click.argument("comments", type=click.Path(path_type=Path))
@click.option("--text", default="text", show_default=True, help="The column that holds the comments.")
@click.option("-o", "--output", type=click.Path(path_type=Path), help="Write the comments that change, and why, to this CSV file.")
def compare(model_a: Path, model_b: Path, comments: Path, text: str, output: Path | None) -> None:
    """Say what MODEL_B would do differently from MODEL_A on a file of COMMENTS, and why."""
    from ..files.data import read_table
    from ..model_comparison import compare_models
    from ..safe_files import write_file

    frame = read_table(comments)
    comparison = compare_models(_load(model_a, None), _load(model_b, None), frame, text=text)
    if output is not None:
        write_file(output, comparison.changes.join(frame[[text]]).to_csv(index_label="row"))
    click.echo(str(comparison))


@cli.command()
@click.argument("asked", type=click.DateTime(["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M%z"]))
@POLICY
def due(asked: datetime, policy: Path | None) -> None:
    """Say by when the answer is due to a question of the time ASKED, which is on the office's own clock unless it says."""
    from zoneinfo import ZoneInfo

    from ..policy.signposts import due as answer_due

    clock = _load(None, policy).policy.clock
    moment = asked if asked.tzinfo else asked.replace(tzinfo=ZoneInfo(clock.zone))
    click.echo(answer_due(moment, clock).isoformat(timespec="minutes"))


@cli.command()
@MODEL
@POLICY
def info(model: Path | None, policy: Path | None) -> None:
    """Say which model and which thresholds are in use."""
    import msgspec

    guard = _load(model, policy)
    manifest = guard.manifest
    click.echo(f"social-guard {__version__}, model {guard.model_hash[:12]}, format {manifest.get('format')}")
    click.echo(f"heads: {', '.join(guard.heads)}")
    click.echo(f"trained on: {', '.join(manifest.get('sources', {}))}")
    _print_json({"prevalence": manifest.get("prevalence"), "policy": msgspec.to_builtins(guard.policy)})


@cli.group()
def audit() -> None:
    """Check a decision log."""


@audit.command("verify")
@click.argument("logdir", type=click.Path(path_type=Path))
@click.option("--head", help="A head that was printed before and kept elsewhere; the log must still hold that line.")
def audit_verify(logdir: Path, head: str | None) -> None:
    """Check every byte of the decision log in LOGDIR; exit status 1 and the place of the first fault if there is one."""
    from ..records.chain import verify

    result = verify(logdir, head)
    if result.fault:
        click.echo(f"social-guard: {logdir}: {result.fault}", err=True)
        sys.exit(1)
    click.echo(f"ok: {result.lines:,} lines, head {result.head}")


@cli.group()
@click.option("--ledger", required=True, envvar="SOCIAL_GUARD_LEDGER", help="An SQLite file, or postgresql://user@host/database.")
@click.option("--key-file", type=click.Path(path_type=Path), help="Holds the key; by default the variable SOCIAL_GUARD_KEY does.")
@click.option("--policy", type=click.Path(path_type=Path), help="A policy file, for its section [history].")
@click.pass_context
def history(context: click.Context, ledger: str, key_file: Path | None, policy: Path | None) -> None:
    """Keep the ledger of repeat offenders."""
    from ..policy.reading import load_policy
    from ..records.history import History
    from ..records.keys import load_key

    rules = load_policy(policy).history if policy else None
    context.obj = context.with_resource(History(ledger, load_key(key_file), rules=rules))


@history.command("confirm")
@click.argument("source", metavar="IN")
@click.pass_obj
def history_confirm(ledger: Any, source: str) -> None:
    """Record the confirmed decisions in a file, IN, with the columns id, author, action and categories."""
    from ..files.stream import read_blocks

    rows = new = 0
    for frame in read_blocks(source):
        result = ledger.confirm_frame(frame)
        for row, error in result["error"].dropna().items():
            click.echo(f"row {rows + row + 1}: {error}", err=True)
        rows, new = rows + len(result), new + int(result["recorded"].sum())
    click.echo(f"{new:,} of {rows:,} rows are new breaches")


@history.command("overturn")
@click.argument("comments", nargs=-1, required=True)
@click.pass_obj
def history_overturn(ledger: Any, comments: tuple[str, ...]) -> None:
    """Take back the breaches of COMMENTS, given by their ids."""
    click.echo(f"{ledger.overturn(*comments):,} breaches taken back")


@history.command("standing")
@click.argument("author")
@click.pass_obj
def history_standing(ledger: Any, author: str) -> None:
    """Say what counts against AUTHOR, and what is recommended."""
    record = ledger.standing(author)
    click.echo(f"{record.standing}: {record.points:g} points from {record.breaches} breaches")


@history.command("forget")
@click.option("--trust-clock", is_flag=True, help="The clock is right, although it is far ahead of the last record.")
@click.option("--other-keys", is_flag=True, help="Also delete what stands under older keys.")
@click.pass_obj
def history_forget(ledger: Any, trust_clock: bool, other_keys: bool) -> None:
    """Delete what is too old to keep."""
    click.echo(f"{ledger.forget(trust_clock=trust_clock, other_keys=other_keys):,} rows deleted")


def main(arguments: list[str] | None = None) -> None:
    """Run the command line; an error of the package is one line and exit status 1."""
    try:
        cli.main(arguments, prog_name="social-guard", standalone_mode=True)
    except SocialGuardError as error:
        click.echo(f"social-guard: {error}", err=True)
        sys.exit(1)
    except BrokenPipeError:
        sys.exit(141)


def _load(model: Path | None, policy: Path | None, prevalence: dict[str, float] | None = None) -> Any:
    from ..guard import SocialGuard

    return SocialGuard.load(model, policy=policy, prevalence=prevalence)


def _training_comments(
    labelled: Path | None, *, labels: Path | None, comments: str | None, text: str, id: str | None
) -> Any:
    """Labelled comments, those of a review sheet, or both in one frame."""
    if (labels is None) != (comments is None):
        raise click.UsageError("--labels and --comments go together: the decisions, and the comments they were made on")
    if labels is None or comments is None:
        if labelled is None:
            raise click.UsageError("give LABELLED comments, or --labels and --comments, or all three")
        return labelled
    import pandas as pd

    from ..files.data import load_comments
    from ..files.stream import read_frame
    from ..review.decisions import label_decisions, load_decisions

    decided = label_decisions(load_decisions(labels), read_frame(comments), text=text, id=id)
    click.echo(f"{len(decided):,} comments labelled by decisions", err=True)
    frames = [load_comments(decided, text=text, name=labels.stem)]
    return pd.concat([*([load_comments(labelled)] if labelled else []), *frames], ignore_index=True)


def _given(text: str) -> str:
    return sys.stdin.read().rstrip("\n") if text == "-" else text


def _decision_dict(decision: Any, mask: bool) -> dict[str, Any]:
    return {
        "action": str(decision.action),
        "automatic": str(decision.automatic),
        "needs_review": decision.needs_review,
        "categories": list(decision.categories),
        "signposts": list(decision.signposts),
        "review_codes": list(decision.review_codes),
        "reason_codes": list(decision.reason_codes),
        "rules": list(decision.rules),
        "scores": decision.scores,
        "reason": decision.describe(mask=mask),
        "reason_for_author": decision.reason_for_author,
    }


def _print_json(content: Any) -> None:
    click.echo(_json(content))


def _json(content: Any) -> str:
    return json.dumps(content, ensure_ascii=False, indent=1)
