"""A small site with our theme and settings, for tests that build and publish; and a release with known issues."""

import json
import shutil
from dataclasses import asdict
from pathlib import Path

from deflect_api.desk.known_issues import Issue
from tests.served import ROOT

BATTERY = """---
title: The battery is empty
description: Charge the phone, or use another battery.
type: how-to
keywords: [phone is dead]
questions: [battery is empty, phone does not start, no power]
applies_to: [app]
roles: [anyone]
sources: ["pear/app#1"]
reviewed: 2026-11-23
review_every: 12 months
---
Charge the phone. A phone that does not start has no power.
"""


def small_site(folder: Path) -> None:
    """Home, one article of Flow and the contact page, in a folder of its own."""
    docs = folder / "docs"
    for part in ("flow", "rsr", "lumen", "support"):
        (docs / part).mkdir(parents=True)
        (docs / part / "labels.yml").write_text("", encoding="utf-8")
    hidden = "---\ntitle: {}\nsearch: {{exclude: true}}\n---\n{}\n"
    (docs / "index.md").write_text(hidden.format("Home", "Welcome."), encoding="utf-8")
    (docs / "flow" / "battery.md").write_text(BATTERY, encoding="utf-8")
    (docs / "support" / "contact.md").write_text(hidden.format("Contact", "Write to us."), encoding="utf-8")
    shutil.copytree(ROOT / "overrides", folder / "overrides")
    mkdocs = (ROOT / "mkdocs.yml").read_text(encoding="utf-8").partition("\nnav:")[0]
    (folder / "mkdocs.yml").write_text(mkdocs + "\n", encoding="utf-8")
    support = (ROOT / "support.yml").read_text(encoding="utf-8")
    support = support.replace(
        "  house: true", "  house: true\n  skip: [spelling, prose]  # loading their word lists takes a second"
    )
    (folder / "support.yml").write_text(support, encoding="utf-8")


def marked(release: Path, folder: Path, *issues: Issue) -> Path:
    """Make a release like another one, in which these articles are known issues."""
    folder.mkdir(parents=True)
    for part in ("site", "index"):
        (folder / part).symlink_to(release / part)
    manifest = json.loads((release / "manifest.json").read_text(encoding="utf-8"))
    manifest["known_issues"] = [asdict(issue) for issue in issues]
    (folder / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    return folder
