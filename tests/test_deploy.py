"""What `deploy` holds for the operator: the command `deflect` has the surroundings of the service, whatever their values hold."""

import subprocess
from pathlib import Path

import pytest

DEPLOY = Path(__file__).parent.parent / "deploy"


def surroundings(folder: Path, written: str) -> dict[str, str]:
    """What the command passes on when `written` is in /etc/deflect.env."""
    (folder / "deflect.env").write_text(written, encoding="utf-8")
    script, _, end = (DEPLOY / "deflect").read_text(encoding="utf-8").partition("cd /srv/deflect\n")
    assert end.startswith("exec setpriv ")
    script = script.replace("/etc/deflect.env", str(folder / "deflect.env")) + "exec /usr/bin/env -0\n"
    told = subprocess.run(["/bin/sh", "-c", script], env={}, capture_output=True, text=True, check=True).stdout
    return dict(pair.split("=", 1) for pair in told.split("\0") if pair)


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("postgresql+psycopg://deflect@/deflect?host=/run/postgresql&port=5433", None),
        ("a&b;c|d>e $(f) `g` $HOME *", None),
        ("'it''s # one'", "it''s # one"),
        ('"two words"', "two words"),
        ("it's", None),
        ("", None),
    ],
)
def test_a_value_reaches_the_command_as_it_reaches_the_service(tmp_path: Path, written: str, read: str | None) -> None:
    found = surroundings(tmp_path, f"# a comment\n\nBEFORE=1\nVALUE={written}\nLAST=2")
    assert (found["BEFORE"], found["VALUE"], found["LAST"]) == ("1", written if read is None else read, "2")
