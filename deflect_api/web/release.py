"""The live release: portal pages and search index that belong together, followed through one link, `current`."""

import json
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

from deflect_api.desk.known_issues import OPEN, Issue
from deflect_api.errors import Unavailable
from search import Engine

CHECK_SECONDS = 0.5


@dataclass(frozen=True)
class File:
    """One file of the portal. `csp` lists the hashes of the inline scripts and styles that its generator wrote."""

    path: Path
    etag: str
    zipped: bool
    immutable: bool
    scripts: tuple[str, ...] = ()
    styles: tuple[str, ...] = ()


@dataclass(frozen=True)
class Release:
    digest: str
    files: Mapping[str, File]
    engine: Engine
    shell: str
    issues: Mapping[str, Issue] = field(default_factory=dict)
    pages: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    redirects: Mapping[str, str] = field(default_factory=dict)

    @cached_property
    def open_issues(self) -> frozenset[str]:
        """The articles that are known issues and not fixed yet."""
        return frozenset(issue.article for issue in self.issues.values() if issue.state == OPEN)

    def file(self, path: str) -> File | None:
        """Find the file behind an address; a folder's address ends in a slash."""
        return self.files.get(f"{path}index.html" if path.endswith("/") or not path else path)


@lru_cache(maxsize=2)  # a release never changes, and opening its index takes a while
def open_release(folder: Path) -> Release:
    """Open one release folder. Raises Unavailable when it is not whole."""
    try:
        manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
        files = {name: _file(folder / "site" / name, facts) for name, facts in manifest["files"].items()}
        shell = files["shell.html"].path.read_text(encoding="utf-8")
    except (OSError, ValueError, KeyError) as error:
        raise Unavailable(f"The release in {folder.name} is not whole. Run deflect build.") from error
    issues = {one["article"]: Issue(**one) for one in manifest.get("known_issues", ())}
    pages = {page["path"]: page for page in manifest.get("pages", ())}
    redirects = manifest.get("redirects", {})
    return Release(manifest["digest"], files, Engine(folder / "index"), shell, issues, pages, redirects)


def _file(path: Path, facts: Mapping[str, Any]) -> File:
    return File(
        path,
        etag=facts["sha256"][:32],
        zipped=facts.get("zipped", False),
        immutable=facts.get("immutable", False),
        scripts=tuple(facts.get("scripts", ())),
        styles=tuple(facts.get("styles", ())),
    )


class Releases:
    """Answers with the live release and follows a switch of `current` within a second."""

    def __init__(self, home: Path) -> None:
        self.link = home / "current"
        self._lock = threading.Lock()
        self._live: Release | None = None
        self._before: Release | None = None
        self._target: Path | None = None
        self._checked = 0.0

    def current(self) -> Release:
        """Return the live release. Raises Unavailable when none was ever built."""
        if self._live is not None and time.monotonic() - self._checked < CHECK_SECONDS:
            return self._live
        with self._lock:
            self._follow()
            self._checked = time.monotonic()
        if self._live is None:
            raise Unavailable("The portal has not been built yet. Run deflect build.")
        return self._live

    def file(self, path: str) -> File | None:
        """Find a file of the live release, or a style or script that a page of the release before still asks for."""
        live = self.current()
        before = self._before.file(path) if self._before else None
        return live.file(path) or (before if before and before.immutable else None)

    def _follow(self) -> None:
        target = self.link.resolve()
        if target == self._target or not target.is_dir():
            return
        try:
            self._before, self._live, self._target = self._live, open_release(target), target
        except Unavailable:
            if self._live is None:
                raise
