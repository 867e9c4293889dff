import json
import subprocess
import sys

import click
import pandas as pd
import pytest
from click.testing import CliRunner

from social_guard.cli.main import cli, main
from social_guard.review.decisions import COLUMNS

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


def test_moderate_masks_what_it_quotes():
    """On request, in text and in JSON, which has the author's reason and the codes as well."""
    assert "idiots" not in RUN.invoke(cli, ["moderate", "you useless idiots", "--mask"]).output
    decision = json.loads(RUN.invoke(cli, ["moderate", "you useless idiots", "--mask", "--json"]).output)
    assert "i....." in decision["reason"] and "idiots" not in decision["reason_for_author"]
    assert "category.offensive_language" in decision["reason_codes"]


def test_explain_shows_terms():
    """In text and as JSON."""
    assert "strongest terms" in RUN.invoke(cli, ["explain", "you idiot"]).output
    assert json.loads(RUN.invoke(cli, ["explain", "you idiot", "--json"]).output)["text"] == "you idiot"


def test_posts_on_the_command_line(small_guard, tmp_path):
    """``--post`` is the post itself for one comment, and a column for a file."""
    model, post, text = str(small_guard.save(tmp_path / "model")), "Visiting hours on our wards", "Which ward has visiting?"
    expected = small_guard.moderate(text, post).scores
    decided = RUN.invoke(cli, ["moderate", text, "--post", post, "--json", "--model", model]).output
    assert json.loads(decided)["scores"] == expected != small_guard.moderate(text).scores
    explained = RUN.invoke(cli, ["explain", text, "--post", post, "--json", "--model", model]).output
    assert "context" in {term["kind"] for term in json.loads(explained)["terms"]}
    pd.DataFrame({"text": [text], "about": [post]}).to_csv(tmp_path / "in.csv", index=False)
    out = str(tmp_path / "out.csv")
    assert RUN.invoke(cli, ["score", str(tmp_path / "in.csv"), "-o", out, "--post", "about", "--model", model]).exit_code == 0
    assert pd.read_csv(out)["score_off_topic"].tolist() == pytest.approx([expected["off_topic"]], abs=1e-12)


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ("2026-11-27T16:00", "2026-11-30T16:00+00:00"),
        ("2026-07-03T16:00", "2026-07-06T16:00+01:00"),  # on London's clock
        ("2026-07-03T16:00Z", "2026-07-07T09:00+01:00"),  # five in the afternoon in London
        ("2026-07-03T16:00+02:00", "2026-07-06T15:00+01:00"),
    ],
)
def test_due_prints_when_the_answer_is_due(asked, expected):
    """On the office's own clock unless the time names another."""
    assert RUN.invoke(cli, ["due", asked]).output == f"{expected}\n"


def test_due_follows_the_policy_file(tmp_path):
    """Its section `clock` counts; a time that is none is refused with the forms that are allowed."""
    (tmp_path / "policy.toml").write_text("version = 1\n[clock]\nworking_days = 2\n", encoding="utf-8")
    command = ["due", "2026-11-27T16:00", "--policy", str(tmp_path / "policy.toml")]
    assert RUN.invoke(cli, command).output == "2026-12-01T16:00+00:00\n"
    wrong = RUN.invoke(cli, ["due", "tomorrow"])
    assert wrong.exit_code == 2 and "%Y-%m-%dT%H:%M" in wrong.output


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


@pytest.mark.parametrize(
    ("command", "target", "message"),
    [("train", ".", "exists and is not a model folder"), ("evaluate", "report.txt", "can be written as .html, .md, .json")],
)
def test_a_target_that_cannot_be_written_is_refused_before_the_work(command, target, message, capsys, tmp_path):
    """Nothing is read yet: that the comments are missing is not found out. What stands under the name stays."""
    (tmp_path / "note.txt").write_text("kept")
    with pytest.raises(SystemExit) as stop:
        main([command, str(tmp_path / "nowhere.csv"), "-o", str(tmp_path / target)])
    assert stop.value.code == 1 and message in capsys.readouterr().err
    assert [path.read_text() for path in tmp_path.iterdir()] == ["kept"]


def test_train_evaluate_and_info(own_comments, tmp_path):
    """From labelled comments to a model folder that scores, is measured and describes itself."""
    labels = own_comments[["text", "spam", "abuse", "compliment"]].head(400)
    labels.to_csv(tmp_path / "labels.csv", index=False)
    model = str(tmp_path / "model")
    assert RUN.invoke(cli, ["train", str(tmp_path / "labels.csv"), "-o", model]).exit_code == 0
    assert "average_precision" in RUN.invoke(cli, ["evaluate", str(tmp_path / "labels.csv"), "--model", model]).output
    assert "heads: abuse, spam, compliment" in RUN.invoke(cli, ["info", "--model", model]).output


def test_audit_verify(tmp_path):
    """Exit status 0 and the head, or 1 and the place of the fault."""
    from social_guard.records.chain import Chain

    with Chain(tmp_path) as chain:
        chain.append([{"kind": "note"}])
    command = ["audit", "verify", str(tmp_path), "--head", str(chain.head)]
    sound = RUN.invoke(cli, command)
    assert (sound.exit_code, sound.output) == (0, f"ok: 2 lines, head {chain.head}\n")
    path = tmp_path / "000001.jsonl"
    path.write_text(path.read_text().replace("note", "nope"))
    broken = RUN.invoke(cli, command)
    assert broken.exit_code == 1 and "000001.jsonl, line 2: altered" in broken.output


def test_history(tmp_path, monkeypatch):
    """Breaches from a file, with ids as they stand there; taken back, asked for and forgotten."""
    monkeypatch.setenv("SOCIAL_GUARD_KEY", "an example key, not one to be used")
    rows = "id,author,action,categories\n007,@sam,remove,spam\n7,@sam,remove,abuse;spam\n8,,hide,spam\n9,@kim,none,\n"
    (tmp_path / "confirmed.csv").write_text(rows)
    (tmp_path / "policy.toml").write_text("version = 1\n[history.points]\nspam = 3")

    def history(*arguments):
        result = RUN.invoke(cli, ["history", "--ledger", str(tmp_path / "h.db"), *arguments])
        assert result.exit_code == 0, result.output
        return result.output

    assert history("confirm", str(tmp_path / "confirmed.csv")).splitlines()[-1] == "2 of 4 rows are new breaches"
    assert history("standing", "@sam") == "warn: 4 points from 2 breaches\n"
    assert history("--policy", str(tmp_path / "policy.toml"), "standing", "@sam") == "block: 6 points from 2 breaches\n"
    assert history("overturn", "007", "x") == "1 breaches taken back\n"
    assert history("standing", "@sam") == "none: 2 points from 1 breaches\n"
    assert history("forget") == "0 rows deleted\n"


def test_a_fault_in_a_long_file_of_breaches_is_named_by_its_row(tmp_path, monkeypatch):
    """Rows count from 1 through the whole file, however many blocks it is read in."""
    monkeypatch.setenv("SOCIAL_GUARD_KEY", "an example key, not one to be used")
    lines = ["id,author,action,categories"] + [f"{i},@sam,none," for i in range(1, 5001)]
    lines[1], lines[5000] = "1,@sam,delete,", "5000,@sam,hide,spma"
    (tmp_path / "confirmed.csv").write_text("\n".join(lines) + "\n")
    result = RUN.invoke(cli, ["history", "--ledger", str(tmp_path / "h.db"), "confirm", str(tmp_path / "confirmed.csv")])
    assert [line.partition(":")[0] for line in result.stderr.splitlines()] == ["row 1", "row 5000"]


def test_every_command_has_help():
    """And every option of every command."""
    groups = [command for command in cli.commands.values() if isinstance(command, click.Group)]
    for command in [cli, *cli.commands.values(), *(command for group in groups for command in group.commands.values())]:
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
