"""The package never speaks to a network on its own."""

import subprocess
import sys

from tests.conftest import COMMENTS

FORBIDDEN = """
import sys

NETWORK = ("socket.connect", "socket.bind", "socket.sendto", "socket.getaddrinfo", "socket.gethostbyname", "urllib.Request")


def refuse(event, arguments):
    if event in NETWORK:
        raise AssertionError(f"{event} {arguments}")


sys.addaudithook(refuse)
"""
WORK = """
import social_guard

assert all(getattr(social_guard, name) is not None for name in social_guard.__all__)
guard = social_guard.SocialGuard.load()
comments = social_guard.load_comments(sys.argv[1]).head(300)
guard.moderate("Ring me back, you useless idiots").reason
guard.explain("Thank you all")._repr_html_()
guard.score_frame(comments)
guard.score_file(sys.argv[1], "scored.parquet", jobs=2)
guard.evaluate(comments, redraws=2, disguises=())
"""


def run(code, folder):
    command = [sys.executable, "-c", FORBIDDEN + code, COMMENTS / "w01.jsonl"]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


def test_import_scoring_explaining_and_evaluating_open_no_connection(tmp_path):
    """Python itself raises when anything in the process, or in one that it forks, resolves a name or connects."""
    done = run(WORK, tmp_path)
    assert done.returncode == 0, done.stderr


def test_what_forbids_connections_works(tmp_path):
    """Otherwise the test above would prove nothing."""
    done = run("import urllib.request\nurllib.request.urlopen('http://127.0.0.1:9')", tmp_path)
    assert done.returncode != 0 and "AssertionError" in done.stderr
