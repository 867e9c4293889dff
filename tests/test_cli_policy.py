import json
import re
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from social_guard.cli.main import cli, main
from social_guard.files.persistence import default_folder
from social_guard.policy.reading import load_policy
from tests.conftest import ROOT

RUN = CliRunner()
SHIPPED = load_policy(default_folder() / "policy.toml").categories["spam"].hide


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "policy.toml"
    path.write_text((default_folder() / "policy.toml").read_text(encoding="utf-8"), encoding="utf-8")
    return str(path)


def run(*arguments):
    result = RUN.invoke(cli, arguments, catch_exceptions=False)
    assert result.exit_code == 0
    return result.stdout


def test_check_warns_of_expired_rules(file):
    """A valid file is described; what is ignored in it is said."""
    assert "valid; mode act, 7 categories, 0 rules" in run("policy", "check", file)
    with open(file, "a", encoding="utf-8") as stream:
        stream.write('\n[[rules.staff]]\nname = "Dawn Sample"\nuntil = 2020-01-01\n')
    result = RUN.invoke(cli, ["policy", "check", file])
    assert "rules.staff[0] ('Dawn Sample') expired after 2020-01-01 and is ignored" in result.stderr and result.exit_code == 0


def test_set_history_back_and_diff(file):
    """A change, its record, and the way back, each one command."""
    assert run("policy", "set", file, "spam.hide", "0.71", "--why", "too many hidden", "--who", "A. Editor") == f"spam: hide from 0.71 instead of {SHIPPED}\n"
    assert run("policy", "diff", str(default_folder() / "policy.toml"), file) == f"spam: hide from 0.71 instead of {SHIPPED}\n"
    assert "A. Editor: too many hidden" in run("policy", "history", file).splitlines()[1]
    assert run("policy", "back", file) == f"spam: hide from {SHIPPED} instead of 0.71\n"
    assert run("policy", "diff", str(default_folder() / "policy.toml"), file) == "no difference\n"
    assert run("policy", "set", file, "mode", "off", "--why", "x") == "mode: off instead of act\n"
    run("policy", "back", file, "--to", "2")
    assert load_policy(file).categories["spam"].hide == 0.71


def test_replay_shows_what_would_have_happened(file, tmp_path):
    """Counts by old and new action, over the last rows of a scored file."""
    scored = str(tmp_path / "scored.csv")
    run("score", str(ROOT / "data" / "example" / "comments.csv"), "-o", scored, "--quiet")
    run("policy", "set", file, "mode", "off", "--why", "x")
    output = run("policy", "replay", file, scored, "--last", "20")
    assert output.split()[:4] == ["before", "after", "comments", "examples"]
    assert re.search(r"\n20 comments: \d+ \(\d+ before\) wait for a person, 0 \(\d+ before\) are acted on by software alone\n", output)


@pytest.mark.parametrize("name", ["scored.csv", "scored.csv.gz", "scored.jsonl", "scored.parquet"])
def test_replay_reads_whatever_score_writes(file, tmp_path, name):
    """Comments are named by their ids as they stand there."""
    texts = {"007": "you fucking idiots", "12345678901234567891": "you fucking idiots", "3": None}
    rows = [{"id": key, "text": text} for key, text in texts.items()]
    (tmp_path / "in.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    run("score", str(tmp_path / "in.jsonl"), "-o", str(tmp_path / name), "--quiet")
    run("policy", "set", file, "mode", "off", "--why", "x")
    assert run("policy", "replay", file, str(tmp_path / name)).splitlines()[1].split()[1:] == ["none", "2", "007,", "12345678901234567891"]


def test_tune_writes_a_policy_file(tmp_path):
    """The report is printed; the file holds the promise."""
    out = str(tmp_path / "tuned.toml")
    options = ["--precision", "spam.hide=0.8", "--prevalence", "spam=0.1", "--per-week", "500"]
    printed = run("tune", str(ROOT / "data" / "frozen"), "-o", out, *options)
    assert "promise" in printed and "precision_bound" in printed
    assert "# tuned: precision at least 0.8 where a share of 0.1 belongs" in Path(out).read_text(encoding="utf-8")
    assert load_policy(out).categories["spam"].hide < SHIPPED


def test_tuning_a_file_that_is_there_keeps_it_in_its_history(file):
    """The way back is one command."""
    before = Path(file).read_text(encoding="utf-8")
    run("tune", str(ROOT / "data" / "frozen"), "-o", file, "--precision", "spam.hide=0.8", "--prevalence", "as drawn")
    assert Path(file).read_text(encoding="utf-8") != before
    run("policy", "back", file)
    assert Path(file).read_text(encoding="utf-8") == before


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["policy", "check", "nowhere.toml"], "nowhere.toml"),
        (["policy", "replay", "FILE", "nowhere.csv"], "nowhere.csv: no such file"),
        (["policy", "set", "FILE", "spam.hide", "2", "--why", "x"], "policy.toml: categories.spam.hide is 2"),
        (["policy", "back", "FILE"], "there is no version 0"),
        (["tune", str(ROOT / "data" / "frozen"), "-o", "t.toml", "--precision", "hide=high"], "--precision hide=high: write a name"),
        (["tune", str(ROOT / "data" / "frozen"), "-o", "t.toml", "--prevalence", "often"], "prevalence is 'often': it must be a share"),
        (["tune", str(ROOT / "data" / "frozen"), "-o", "t.toml"], "more labelled"),
    ],
)
def test_an_error_is_told_without_a_traceback(arguments, message, file, capsys):
    """It names the file or option, and nothing is written."""
    with pytest.raises(SystemExit) as stop:
        main([file if argument == "FILE" else argument for argument in arguments])
    assert stop.value.code == 1 and message in capsys.readouterr().err


def test_every_command_has_help():
    """And every option of every command."""
    for command in [*cli.commands["policy"].commands.values(), cli.commands["tune"]]:
        assert command.help
        assert all(parameter.help for parameter in command.params if isinstance(parameter, click.Option))
