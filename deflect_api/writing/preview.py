"""The live preview for writers: the whole service on their own files, following each edit. Nothing of it is public.

Suggestions follow an edit of a page within a second, its text right after, menus and all else with the build after a pause."""

import logging
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from flask import Flask, Response, jsonify, request
from waitress.server import create_server

from deflect_api import build
from deflect_api.app import create_app
from deflect_api.config import Settings
from deflect_api.store import migrate
from deflect_api.store.db import Database
from deflect_api.web.parts import parts
from deflect_api.writing import edition
from search import DocsError
from search.sections import Memory
from search.site import MARKDOWN_SUFFIXES, read_site

LOOK_EVERY = 0.05
PAUSE = 3.0
RELOAD = """let seen = "";
setInterval(async () => {
  const answer = await fetch("/preview/state").catch(() => null);
  const state = answer && (await answer.json()).release;
  if (state && seen && state !== seen) location.reload();
  seen = state || seen;
}, 500);
"""
Marks = Mapping[Path, tuple[int, int]]
Say = Callable[[str], None]


@dataclass
class Watcher:
    """Follows the sources of one site. `step` does what is due and returns at once when nothing is.

    The whole build runs in a process of its own, so that an edit meanwhile is followed at once."""

    settings: Settings
    environment: Mapping[str, str]
    say: Say
    memory: Memory = field(default_factory=dict)
    seen: Marks = field(default_factory=dict)
    edited: set[Path] = field(default_factory=set)
    last_edit: float | None = None
    builder: subprocess.Popen[str] | None = None

    def start(self) -> None:
        """Build what there is. Raises ConfigError."""
        self.seen = marks(self.settings)
        build.build(self.settings)
        edition.reindex(self.settings, self.memory)

    def step(self, clock: Callable[[], float]) -> None:
        found = marks(self.settings)
        if found != self.seen:
            changed = {path for path in {*found, *self.seen} if found.get(path) != self.seen.get(path)}
            self.seen = found
            self.edited |= changed
            self._follow(changed)
            self.last_edit = clock()
        elif self.builder is not None:
            if self.builder.poll() is not None:
                self._built(self.builder)
        elif self.last_edit is not None and clock() - self.last_edit >= PAUSE:
            self._build()

    def stop(self) -> None:
        if self.builder is not None:
            self.builder.kill()
            self.builder.communicate()

    def _follow(self, changed: set[Path]) -> None:
        docs = read_site(self.settings.mkdocs).docs_dir.resolve()
        pages = [path for path in changed if path.suffix in MARKDOWN_SUFFIXES and path.is_relative_to(docs)]
        try:
            if pages:
                edition.reindex(self.settings, self.memory)
                self.say(f"Suggestions follow {', '.join(path.relative_to(docs).as_posix() for path in sorted(pages))}.")
            there = [path.relative_to(docs).as_posix() for path in pages if path.is_file()]
            if there:
                edition.rewrite(self.settings, there)
        except (DocsError, OSError) as error:  # half-written files come right with the next look
            self.say(f"Not followed yet: {error}")

    def _build(self) -> None:
        self.last_edit, self.edited = None, set()
        words = [sys.executable, "-m", "deflect_api.cli", "build"]
        environment = {**self.environment, "DEFLECT_HOME": str(self.settings.home), "DEFLECT_CONFIG": str(self.settings.config)}
        pipe = subprocess.PIPE
        self.builder = subprocess.Popen(words, env=environment, stdout=pipe, stderr=subprocess.STDOUT, text=True)  # noqa: S603

    def _built(self, builder: subprocess.Popen[str]) -> None:
        """Say what came of it; what was edited meanwhile is not in it, so it is followed again."""
        said, _ = builder.communicate()
        self.builder = None
        self.say(said.strip())
        if self.edited:
            self._follow(self.edited)


def marks(settings: Settings) -> Marks:
    """The time and size of every source file."""
    site, root = read_site(settings.mkdocs), settings.mkdocs.parent.resolve()
    folders = [site.docs_dir.resolve(), root / "overrides"]
    files = [path for folder in folders if folder.is_dir() for path in folder.rglob("*")]
    files += [settings.mkdocs.resolve(), settings.config, root / "redirects.yml"]
    found = {}
    for path in files:
        try:
            state = path.stat()
        except OSError:
            continue
        if path.is_file():
            found[path] = (state.st_mtime_ns, state.st_size)
    return found


def serve(settings: Settings, environment: Mapping[str, str], say: Say) -> None:
    """Serve until interrupted. Raises ConfigError when the first build fails."""
    logging.getLogger("deflect.web").setLevel(logging.WARNING)  # the reload script asks twice a second
    ours = replace(settings, home=settings.home / "preview", database=f"sqlite:///{settings.home / 'preview' / 'deflect.db'}")
    ours.home.mkdir(parents=True, exist_ok=True)
    database = Database(ours.database)
    migrate.upgrade(database)
    watcher = Watcher(ours, environment, say)
    watcher.start()
    stop = threading.Event()
    thread = threading.Thread(target=_watch, args=(watcher, stop), daemon=True)
    thread.start()
    server = create_server(with_reload(create_app(ours, database)), host=ours.host, port=ours.port, threads=4, ident="deflect")
    say(f"Preview at {ours.url}/ - it follows your edits. Ctrl+C ends it.")
    try:
        server.run()
    finally:
        stop.set()
        thread.join(timeout=10)
        database.close()


def _watch(watcher: Watcher, stop: threading.Event) -> None:
    while not stop.wait(LOOK_EVERY):
        watcher.step(time.monotonic)
    watcher.stop()


def with_reload(app: Flask) -> Flask:
    """Let every page of `app` load itself again when another release is live."""

    app.before_request(_ask_for_plain)
    app.add_url_rule("/preview/state", "preview_state", lambda: jsonify(release=parts().releases.current().digest))
    app.add_url_rule("/preview/reload.js", "preview_reload", lambda: Response(RELOAD, mimetype="text/javascript"))
    app.after_request(_add_reload)
    return app


def _ask_for_plain() -> None:
    """A zipped page could not be added to."""
    request.environ.pop("HTTP_ACCEPT_ENCODING", None)


def _add_reload(response: Response) -> Response:
    if response.mimetype == "text/html" and request.method == "GET":
        page = response.get_data().replace(b"</body>", b'<script src="/preview/reload.js" defer></script></body>', 1)
        response.set_data(page)
        response.headers.pop("ETag", None)
    return response
