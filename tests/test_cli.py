import json
import subprocess
import sys

import click
import pandas as pd
import pytest
from click.testing import CliRunner

from social_guard.cli import cli, main
from social_guard.decisions import COLUMNS

RUN = CliRunner()


def test_moderate_prints_the_decision():
    """One text in, action and reason out."""
    result = RUN.invoke(cli, ["moderate", "you fucking idiots"])
    assert result.exit_code == 0
    assert "action:     " in result.output and "offensive_language" in result.output and "reason:" in result.output


def test_moderate_prints_json_and_reads_standard_input():
    """For other programs."""
    result = RUN.invoke(cli, ["moderate", "-", "--json"], input="Thank you so much\n")
    assert json.loads(result.output)["action"] == "none"


def test_explain_shows_terms():
    """In text and as JSON."""
    assert "strongest terms" in RUN.invoke(cli, ["explain", "you idiot"]).output
    assert json.loads(RUN.invoke(cli, ["explain", "you idiot", "--json"]).output)["text"] == "you idiot"


def test_score_streams_from_and_to_pipes():
    """``-`` is standard input and output; the bar goes to standard error."""
    command = [sys.executable, "-m", "social_guard", "score", "-", "-o", "-", "--from", "jsonl", "--to", "csv"]
    run = subprocess.run(command, input='{"id": 1, "text": "hello"}\n', capture_output=True, text=True, check=True)
    assert run.stdout.splitlines()[0].startswith("id,text,score_abuse")
    assert "1 comments scored" in run.stderr


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["score", "nothing.csv", "-o", "out.csv"], "nothing.csv"),
        (["moderate", "x", "--model", "nowhere"], "not a model folder"),
        (["moderate", "x", "--policy", "nowhere.toml"], "nowhere.toml"),
        (["train", "nowhere.csv", "-o", "m"], "nowhere.csv: no such file"),
    ],
)
def test_an_error_is_one_line_and_a_status(arguments, message, capsys, tmp_path, monkeypatch):
    """No traceback, a non-zero exit, and nothing written."""
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit) as stop:
        main(arguments)
    captured = capsys.readouterr().err
    assert stop.value.code == 1
    assert captured.strip().splitlines()[-1].startswith("social-guard: ") and message in captured
    assert list(tmp_path.iterdir()) == []


def test_train_evaluate_and_info(own_comments, tmp_path):
    """From labelled comments to a model folder that scores, is measured and describes itself."""
    labels = own_comments[["text", "spam", "abuse", "compliment"]].head(400)
    labels.to_csv(tmp_path / "labels.csv", index=False)
    model = str(tmp_path / "model")
    assert RUN.invoke(cli, ["train", str(tmp_path / "labels.csv"), "-o", model]).exit_code == 0
    assert "average_precision" in RUN.invoke(cli, ["evaluate", str(tmp_path / "labels.csv"), "--model", model]).output
    assert "heads: abuse, spam, compliment" in RUN.invoke(cli, ["info", "--model", model]).output


def test_every_command_has_help():
    """And every option of every command."""
    for command in [cli, *cli.commands.values()]:
        assert command.help
        for parameter in command.params:
            assert not isinstance(parameter, click.Option) or parameter.help


def test_report_and_training_on_what_people_decided(own_comments, tmp_path):
    """From scores to a page, and from decisions back to a model; half a pair of options is an error of usage."""
    comments, scored, page = (str(tmp_path / name) for name in ("comments.csv", "scored.jsonl", "review.html"))
    own_comments["text"].head(20).to_frame().to_csv(comments, index=False)
    RUN.invoke(cli, ["score", comments, "-o", scored])
    assert RUN.invoke(cli, ["report", scored, "-o", page]).exit_code == 0
    row = dict.fromkeys(COLUMNS, "") | {"id": "3", "agree": "no", "change": "hide", "categories": "spam"}
    pd.DataFrame([row]).to_csv(tmp_path / "decisions.csv", index=False)
    labels = own_comments[["text", "spam", "compliment"]].head(400)
    labels.to_csv(tmp_path / "labels.csv", index=False)
    decided = ["--labels", str(tmp_path / "decisions.csv"), "--comments", comments]
    trained = RUN.invoke(cli, ["train", str(tmp_path / "labels.csv"), *decided, "-o", str(tmp_path / "model")])
    assert trained.exit_code == 0 and "1 comments labelled by decisions" in trained.output and "401 comments" in trained.output
    assert "go together" in RUN.invoke(cli, ["train", *decided[:2], "-o", "m"]).output
    assert "give LABELLED comments" in RUN.invoke(cli, ["train", "-o", "m"]).output
