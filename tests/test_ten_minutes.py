"""From nothing to a published article: every command of docs/team/writing.md, in its order, on a repository of its own."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.served import ROOT
from tests.test_publishing import WHO, Writer, writer  # noqa: F401 - a fixture

SECTION = re.compile(r"^## Ten minutes.*?(?=^## The shape$)", re.M | re.S)
BLOCK = re.compile(r"^```(sh|markdown)\n(.*?)^```$", re.M | re.S)


def blocks() -> list[tuple[str, str]]:
    found = SECTION.search((ROOT / "docs" / "team" / "writing.md").read_text(encoding="utf-8"))
    assert found is not None
    return BLOCK.findall(found[0])


@pytest.fixture
def program(tmp_path: Path) -> Path:
    """The folder of a `deflect` that a shell finds."""
    folder = tmp_path / "bin"
    folder.mkdir()
    (folder / "deflect").write_text(f'#!/bin/sh\nexec {sys.executable} -m deflect_api.cli "$@"\n', encoding="utf-8")
    (folder / "deflect").chmod(0o755)
    return folder


def test_every_command_on_the_page_for_writers_does_what_it_says(
    writer: Writer,  # noqa: F811
    program: Path,
    tmp_path: Path,
) -> None:
    (writer.clone / "support.yml").write_bytes(writer.served.config.read_bytes())
    (writer.clone / ".gitignore").write_text("var\n", encoding="utf-8")
    writer.push("the site as it is")
    live = writer.live
    who = {}
    for number, (key, value) in enumerate(one.split("=") for one in WHO[1::2]):
        who |= {f"GIT_CONFIG_KEY_{number}": key, f"GIT_CONFIG_VALUE_{number}": value}
    environment = {**os.environ, "PATH": f"{program}:{os.environ['PATH']}", "GIT_CONFIG_COUNT": str(len(WHO) // 2), **who}
    at, said = tmp_path, ""
    for kind, text in blocks():
        if kind == "markdown":
            (at / "docs" / "flow" / "phone-gets-hot-sun.md").write_text(text, encoding="utf-8")
            continue
        for line in text.replace("/srv/help.git", str(writer.bare)).splitlines():
            if line.startswith("cd "):
                at = at / line.removeprefix("cd ")
                continue
            done = subprocess.run(
                line, shell=True, cwd=at, env=environment, capture_output=True, text=True, check=False, timeout=180
            )
            said = done.stdout + done.stderr
            assert done.returncode == 0, f"{line}: {said}"
    assert "Published release" in said
    assert writer.live != live
    page = writer.served.home / "current" / "site" / "flow" / "phone-gets-hot-sun" / "index.html"
    assert "Put the phone or tablet in the shade" in page.read_text(encoding="utf-8")
