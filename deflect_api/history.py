"""The sources in git: as they were at a revision, and when each was changed. Git is asked through its own program."""

import subprocess
import tarfile
from io import BytesIO
from pathlib import Path

from deflect_api.errors import ConfigError
from deflect_api.unpacking import unpack_own


def at_revision(mkdocs: Path, revision: str, target: Path) -> Path:
    """Put the site's sources of a git revision into `target` and return its mkdocs file there. Raises ConfigError."""
    export(mkdocs.parent, revision, target)
    if not (target / mkdocs.name).is_file():
        raise ConfigError(f"There was no {mkdocs.name} in {mkdocs.parent} at {revision}. Name a later revision.")
    return target / mkdocs.name


def export(folder: Path, revision: str, target: Path) -> str:
    """Put what stands below `folder` at a revision into `target`; return the commit. Raises ConfigError."""
    commit = resolve(folder, revision)
    packed = git(folder, "archive", "--format=tar", commit)
    with tarfile.open(fileobj=BytesIO(packed)) as archive:
        unpack_own(archive, target)
    return commit


def resolve(folder: Path, revision: str) -> str:
    """The commit that a branch, tag or short name means. Raises ConfigError."""
    named = git(folder, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}^{{commit}}")
    return named.decode().strip()


def changed_on(folder: Path, revision: str = "HEAD", below: str = "") -> dict[str, str]:
    """When each file in `folder` (and there `below` a path) was last changed by a commit, as an ISO time; {} outside of git."""
    words = ("log", "--format=%x01%cI", "--name-only", "--relative", revision, "--", below or ".")
    try:
        said = git(folder, "-c", "core.quotePath=false", *words)
    except ConfigError:
        return {}
    found: dict[str, str] = {}
    when = ""
    for line in said.decode("utf-8", "replace").splitlines():
        if line.startswith("\x01"):
            when = line[1:]
        elif line.startswith(below):
            found.setdefault(line[len(below) :].lstrip("/"), when)
    found.pop("", None)
    return found


def git(folder: Path, *words: str) -> bytes:
    """Run git in a folder and return what it says. Raises ConfigError."""
    try:
        # No shell, and the one word that a person gives is told apart from options by --end-of-options.
        done = subprocess.run(["git", "-C", str(folder), *words], capture_output=True, check=False)  # noqa: S603, S607
    except FileNotFoundError:
        raise ConfigError("git is not installed, so no revision can be read. Install it, or leave out --base.") from None
    if done.returncode:
        said = done.stderr.decode("utf-8", "replace").strip() or "it knows no such revision"
        raise ConfigError(
            f"git cannot read {words[-1]} in {folder}: {said}. Name a branch, a tag or a commit of this repository."
        )
    return done.stdout
