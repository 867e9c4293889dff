"""The command line: ``social-guard``. The only room that prints."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import click

from . import __version__
from .exceptions import OutputError, SocialGuardError

MODEL = click.option("--model", type=click.Path(path_type=Path), help="A model folder; by default the model that ships.")
POLICY = click.option("--policy", type=click.Path(path_type=Path), help="A policy file instead of the one in the model.")


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="social-guard")
def cli() -> None:
    """Find the comments that break the policy, say why, and recommend what to do."""


@cli.command()
@click.argument("text")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@MODEL
@POLICY
def moderate(text: str, as_json: bool, model: Path | None, policy: Path | None) -> None:
    """Decide on one comment, TEXT ("-" reads it from standard input)."""
    decision = _load(model, policy).moderate(_given(text))
    if as_json:
        _print_json(_decision_dict(decision))
        return
    click.echo(f"action:     {decision.action}")
    click.echo(f"automatic:  {decision.automatic}")
    click.echo(f"review:     {'yes' if decision.needs_review else 'no'}")
    click.echo(f"categories: {', '.join(decision.categories) or '-'}")
    click.echo(f"signposts:  {', '.join(decision.signposts) or '-'}")
    click.echo(f"reason:     {decision.reason}")


@cli.command()
@click.argument("text")
@click.option("--json", "as_json", is_flag=True, help="Print every term of every head as JSON.")
@MODEL
def explain(text: str, as_json: bool, model: Path | None) -> None:
    """Show which words gave one comment, TEXT, its scores ("-" reads it from standard input)."""
    explanation = _load(model, None).explain(_given(text))
    if as_json:
        _print_json(explanation.to_dict())
    else:
        click.echo(str(explanation))


@cli.command()
@click.argument("source", metavar="IN")
@click.option("-o", "--output", required=True, metavar="OUT", help="Where to write: .csv, .jsonl, .parquet, or - for standard output.")
@click.option("--text", default="text", show_default=True, help="The column that holds the comments.")
@click.option("--from", "source_format", type=click.Choice(["csv", "jsonl", "parquet"]), help="Format of IN if its name does not tell.")
@click.option("--to", "target_format", type=click.Choice(["csv", "jsonl", "parquet"]), help="Format of OUT if its name does not tell.")
@click.option("--encoding", default="utf-8-sig", show_default=True, help="Encoding of a CSV or JSON Lines file.")
@click.option("--quiet", is_flag=True, help="No progress bar.")
@MODEL
@POLICY
def score(source: str, output: str, quiet: bool, model: Path | None, policy: Path | None, **options: Any) -> None:
    """Score a file of comments, IN (CSV, JSON Lines, Parquet, or "-" for standard input).

    All columns and rows are kept in order; scores, action, automatic, needs_review, category, categories, signposts and
    error stand behind them. A row that cannot be scored is marked and goes to a person.
    """
    from tqdm import tqdm

    guard = _load(model, policy)
    with tqdm(unit=" comments", unit_scale=True, disable=quiet, file=sys.stderr) as bar:
        rows = guard.score_file(source, output, progress=bar, **options)
    click.echo(f"{rows:,} comments scored: {output}", err=True)


@cli.command()
@click.argument("comments", type=click.Path(path_type=Path))
@click.option("-o", "--output", required=True, type=click.Path(path_type=Path), help="The model folder to write.")
@click.option("--corpora", type=click.Path(path_type=Path), help="A file or folder of public comments to learn from as well.")
@click.option("--jobs", default=1, show_default=True, help="Categories to fit at the same time.")
def train(comments: Path, output: Path, corpora: Path | None, jobs: int) -> None:
    """Train a model on labelled COMMENTS, a file or a folder of files."""
    from .training import train_guard

    guard = train_guard(comments, corpora=corpora, n_jobs=jobs, report=lambda line: click.echo(line, err=True))
    click.echo(f"model {guard.model_hash[:12]} written to {guard.save(output)}", err=True)


@cli.command()
@click.argument("source", metavar="COMMENTS", type=click.Path(path_type=Path))
@click.option("-o", "--output", type=click.Path(path_type=Path), help="Write the whole report: .html, .md or .json.")
@click.option("--redraws", default=1000, show_default=True, help="Bootstrap redraws behind the intervals.")
@click.option("--seed", default=0, show_default=True, help="Of the redraws and disguises.")
@click.option("--disguises/--no-disguises", default=True, show_default=True, help="Whether to score disguised words too.")
@MODEL
@POLICY
def evaluate(source: Path, output: Path | None, disguises: bool, model: Path | None, policy: Path | None, **options: int) -> None:
    """Measure the model on labelled COMMENTS, a file or a folder of files that it was not trained on."""
    from .data import load_comments
    from .report import write

    kinds = {} if disguises else {"disguises": ()}
    found = _load(model, policy).evaluate(load_comments(source), **kinds, **options)
    click.echo(str(found))
    if output is not None:
        forms = {".html": found.to_html, ".md": found.to_markdown, ".json": lambda: _json(found.to_dict())}
        if output.suffix not in forms:
            raise OutputError(f"{output}: the report can be written as {', '.join(forms)}")
        write(forms[output.suffix](), output)


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


def main(arguments: list[str] | None = None) -> None:
    """Run the command line; an error of the package is one line and exit status 1."""
    try:
        cli.main(arguments, prog_name="social-guard", standalone_mode=True)
    except SocialGuardError as error:
        click.echo(f"social-guard: {error}", err=True)
        sys.exit(1)
    except BrokenPipeError:
        sys.exit(141)


def _load(model: Path | None, policy: Path | None) -> Any:
    from .guard import SocialGuard

    return SocialGuard.load(model, policy=policy)


def _given(text: str) -> str:
    return sys.stdin.read().rstrip("\n") if text == "-" else text


def _decision_dict(decision: Any) -> dict[str, Any]:
    return {
        "action": str(decision.action),
        "automatic": str(decision.automatic),
        "needs_review": decision.needs_review,
        "categories": list(decision.categories),
        "signposts": list(decision.signposts),
        "review_codes": list(decision.review_codes),
        "scores": decision.scores,
        "reason": decision.reason,
    }


def _print_json(content: Any) -> None:
    click.echo(_json(content))


def _json(content: Any) -> str:
    return json.dumps(content, ensure_ascii=False, indent=1)
