"""A release: portal and index of one content, switched in at once, rebuilt only when something changed."""

import json
import re
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from pydantic import ValidationError

from deflect_api import build, config
from deflect_api.config import Settings
from deflect_api.config.support import Portal
from deflect_api.errors import ConfigError
from deflect_api.published.switching import switch
from deflect_api.web.release import Releases, open_release
from tests.conftest import ROOT


@pytest.fixture
def small(tmp_path: Path) -> Settings:
    """A small site of its own: our theme and settings, three pages."""
    site = tmp_path / "site"
    docs = site / "docs"
    (docs / "flow").mkdir(parents=True)
    (docs / "support").mkdir()
    (docs / "index.md").write_text("# Home\n\nWelcome.\n", encoding="utf-8")
    (docs / "flow" / "battery.md").write_text("# The battery is empty\n\nCharge the phone.\n", encoding="utf-8")
    (docs / "support" / "contact.md").write_text("# Contact\n\nWrite to us.\n", encoding="utf-8")
    shutil.copytree(ROOT / "overrides", site / "overrides")
    mkdocs = (ROOT / "mkdocs.yml").read_text(encoding="utf-8").partition("\nnav:")[0]
    (site / "mkdocs.yml").write_text(mkdocs + "\n", encoding="utf-8")
    shutil.copy(ROOT / "support.yml", site / "support.yml")
    return config.load({"DEFLECT_HOME": str(tmp_path / "home"), "DEFLECT_CONFIG": str(site / "support.yml")})


def page(settings: Settings) -> Path:
    return settings.mkdocs.parent / "docs" / "flow" / "battery.md"


def test_the_same_content_is_built_once(small: Settings) -> None:
    first, fresh = build.build(small)
    again, fresh_again = build.build(small)
    assert (fresh, fresh_again) == (True, False)
    assert first == again == (small.home / "current").resolve()


def test_our_scripts_and_style_are_built_without_comments_and_indentation() -> None:
    script = "// Says why.\nfunction f() {\n  // and how\n  return 'http://x'; // stays\n\n}\n"
    assert build.slim("a.js", script) == "function f() {\nreturn 'http://x'; // stays\n}\n"
    assert build.slim("a.css", "/* One\n   two */\n.a { b: c; }\n  .d { e: f; }\n") == ".a { b: c; }\n.d { e: f; }\n"


@pytest.mark.parametrize("name", build.OURS)
def test_no_text_of_ours_goes_over_a_line_which_would_lose_its_indentation(name: str) -> None:
    lines = (build.STATIC / name).read_text(encoding="utf-8").splitlines()
    code = [line for line in lines if not line.strip().startswith("//")]
    assert [line for line in code if line.replace("\\`", "").replace("['’‘`´]", "").count("`") % 2] == []


def test_a_change_makes_a_new_release_and_keeps_the_one_before(small: Settings) -> None:
    first, _ = build.build(small)
    page(small).write_text("# The battery is empty\n\nUse the solar charger.\n", encoding="utf-8")
    second, fresh = build.build(small)
    assert fresh
    assert first != second
    assert first.is_dir()
    page(small).write_text("# The battery is empty\n\nBuy a new phone.\n", encoding="utf-8")
    third, _ = build.build(small)
    assert not first.exists()
    assert second.is_dir()
    assert third.is_dir()


def test_a_reader_follows_the_switch_and_page_and_index_agree(small: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    build.build(small)
    releases = Releases(small.home)
    assert releases.current().engine.suggest("charge the phone", floor=0)
    page(small).write_text("# The battery is empty\n\nUse the solar panel.\n", encoding="utf-8")
    build.build(small)
    monkeypatch.setattr("deflect_api.web.release.CHECK_SECONDS", -1.0)
    live = releases.current()
    (found, *_) = live.engine.suggest("solar panel", floor=0)
    file = live.file(found.url.partition("#")[0])
    assert file is not None
    assert "solar panel" in file.path.read_text(encoding="utf-8")


def test_a_page_that_cannot_be_built_leaves_the_live_release_alone(small: Settings) -> None:
    live, _ = build.build(small)
    page(small).write_text("# Broken\n\nSee [nothing](nowhere.md).\n", encoding="utf-8")
    with pytest.raises(ConfigError):
        build.build(small)
    assert (small.home / "current").resolve() == live
    assert not list((small.home / "releases").glob(".building-*"))


def test_a_half_written_release_is_never_opened(small: Settings) -> None:
    folder, _ = build.build(small)
    copy = small.home / "releases" / "half"
    shutil.copytree(folder, copy)
    (copy / "manifest.json").write_text("{", encoding="utf-8")
    switch(small.home, folder)
    releases = Releases(small.home)
    whole = releases.current()
    switch(small.home, copy)
    releases._checked = 0
    assert releases.current() is whole


def test_the_hash_of_every_inline_script_is_listed() -> None:
    html = b'<script>alert(1)</script><script src="/a.js"></script><script type="application/json">{}</script><style>a{}</style>'
    hashes = build.inline_hashes(html)
    assert hashes == {  # openssl dgst -sha256 -binary | base64
        "scripts": ["'sha256-bhHHL3z2vDgxUt0W3dWQOrprscmda2Y5pLsLg4GF+pI='"],
        "styles": ["'sha256-X1RutGBrXCt9KkSaXMK7tHftWiRscFHOhxsS8tv8hBk='"],
    }


def test_a_theme_without_a_shell_gets_a_plain_one(small: Settings) -> None:
    (small.mkdocs.parent / "overrides" / "shell.html").unlink()
    mkdocs = small.mkdocs.read_text(encoding="utf-8").replace("    - shell.html\n", "    - 404.html\n")
    small.mkdocs.write_text(mkdocs, encoding="utf-8")
    folder, _ = build.build(small)
    contact = (folder / "site" / "support" / "contact" / "index.html").read_text(encoding="utf-8")
    assert "<form" in contact
    assert re.search(r'href="/assets/help\.[0-9a-f]{8}\.css"', contact)


def test_our_portal_lists_every_file_it_wrote(release: Path) -> None:
    opened = open_release(release)
    written = {path.relative_to(release / "site").as_posix() for path in (release / "site").rglob("*") if path.is_file()}
    assert {name for name in written if not name.endswith(".gz")} == set(opened.files)


def test_another_address_of_the_site_is_another_release(small: Settings) -> None:
    assert build.sources_digest(small, {}) != build.sources_digest(replace(small, site_url="https://help.example.org/"), {})


def test_a_page_says_when_it_was_changed_and_where_to_edit_it(small: Settings) -> None:
    portal = small.support.portal.model_copy(update={"edit": "https://code.example.org/edit/docs/{path}"})
    ours = replace(small, support=small.support.model_copy(update={"portal": portal}))
    folder, _ = build.build(ours, {"flow/battery.md": "2026-11-20T10:00:00+00:00"})
    html = (folder / "site" / "flow" / "battery" / "index.html").read_text(encoding="utf-8")
    assert '<time datetime="2026-11-20">20 November 2026</time>' in html
    assert '<a href="https://code.example.org/edit/docs/flow/battery.md">Edit this page</a>' in html
    assert "Last reviewed" not in html
    known = {one["path"]: one for one in json.loads((folder / "manifest.json").read_text(encoding="utf-8"))["pages"]}
    assert known["flow/battery.md"]["changed"] == "2026-11-20T10:00:00+00:00"
    again, fresh = build.build(ours, {"flow/battery.md": "2026-11-21T10:00:00+00:00"})
    assert fresh
    assert again != folder


def test_where_to_edit_must_name_the_page() -> None:
    with pytest.raises(ValidationError, match=r"with \{path\} in it"):
        Portal(edit="https://code.example.org/edit/")


def test_a_page_that_was_loaded_before_a_switch_still_gets_its_style(small: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("deflect_api.web.release.CHECK_SECONDS", -1.0)
    folder, _ = build.build(small)
    releases = Releases(small.home)
    (old,) = (folder / "site" / "assets").glob("help.????????.css")
    assert releases.file(f"assets/{old.name}") is not None
    other = small.home / "releases" / "other"
    shutil.copytree(folder, other)
    manifest = json.loads((other / "manifest.json").read_text(encoding="utf-8"))
    del manifest["files"][f"assets/{old.name}"], manifest["files"]["flow/battery/index.html"]
    (other / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    switch(small.home, other)
    assert releases.current().file(f"assets/{old.name}") is None
    assert releases.file(f"assets/{old.name}") is not None
    assert releases.file("flow/battery/") is None
