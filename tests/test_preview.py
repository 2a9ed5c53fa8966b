"""The live preview: an edit is found by the search, then on its page, then in a whole build; a mistake ends nothing."""

import json
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlencode

import pytest

from tests.journeys.installation import wait_until
from tests.served import Served
from tests.sites import BATTERY, small_site


@pytest.fixture
def writer(tmp_path: Path) -> Iterator[Served]:
    site = tmp_path / "site"
    small_site(site)
    home = tmp_path / "home"
    home.mkdir()
    made = Served(home, config=site / "support.yml")
    made.start("preview")
    yield made
    made.kill()


def suggested(served: Served, text: str) -> list[str]:
    form = urlencode({"text": text, "product": "flow"}).encode()
    with urllib.request.urlopen(f"{served.url}/api/v1/suggest", data=form, timeout=20) as answer:
        return [one["url"] for one in json.load(answer)["suggestions"]]


def page(served: Served, path: str) -> str:
    with urllib.request.urlopen(f"{served.url}/{path}", timeout=20) as answer:
        return str(answer.read().decode())


def log_of(served: Served) -> Callable[[], str]:
    return lambda: (served.home / "serve.log").read_text(encoding="utf-8")


def test_an_edit_is_followed_by_search_page_and_build(writer: Served) -> None:
    docs = writer.config.parent / "docs" / "flow"
    assert suggested(writer, "solar panel") == []
    text = BATTERY.replace("Charge the phone", "Use the [solar panel](battery.md#a-b)") + "\n## A & B\n\nMore.\n"
    (docs / "battery.md").write_text(text, encoding="utf-8")
    assert wait_until(lambda: suggested(writer, "solar panel"), "the suggestion") == ["flow/battery/"]
    shown = wait_until(lambda: "solar panel" in page(writer, "flow/battery/") and page(writer, "flow/battery/"), "the page")
    assert '<a href="/flow/battery/#a-b">solar panel</a>' in shown
    assert "<h1>The battery is empty</h1>" in shown
    assert "/preview/reload.js" in shown
    (docs / "sim.md").write_text(BATTERY.replace("battery", "SIM card"), encoding="utf-8")
    assert wait_until(lambda: suggested(writer, "SIM card"), "the new page's suggestion") == ["flow/sim/"]
    (docs / "sim.md").write_text("---\ntitle: [\n---\nSee [this](gone.md).\n", encoding="utf-8")
    wait_until(lambda: "could not build the portal" in log_of(writer)(), "the build to say what is wrong")
    (docs / "sim.md").write_text(BATTERY.replace("battery", "SIM card"), encoding="utf-8")
    wait_until(lambda: "The SIM card is empty" in page(writer, "flow/battery/"), "the new page in a build")
