"""A product's articles in one file, made from pages as they are built."""

import base64
from pathlib import Path

from deflect_api.published.offline import Copy, make

PAGE = """<html><body><nav><a href="../b/">menu</a></nav>
<article class="md-typeset" data-article><h1>Title</h1>
<h2 id="part">Part<a class="headerlink" href="#part" title="Link">¶</a></h2>
<a href="../b/#end">b</a> <a href="#part">part</a> <a href="../../rsr/x/">x</a> <a href="https://example.org/y">y</a>
<a href="../">all</a>
<img src="../map.svg" alt="A map"></article></body></html>"""


def built(site: Path) -> str:
    for url, text in (("flow/a/", PAGE), ("flow/b/", '<article data-article><h2 id="end">End</h2></article>')):
        (site / url).mkdir(parents=True)
        (site / url / "index.html").write_text(text, encoding="utf-8")
    (site / "flow" / "map.svg").write_text("<svg/>", encoding="utf-8")
    facts = {"changed": "2026-11-24T10:00:00+00:00", "reviewed": "2026-11-23"}
    pages = [{"url": "flow/a/", "title": "A & co", **facts}, {"url": "flow/b/", "title": "B", **facts, "changed": ""}]
    return make(site, Copy("Flow <help>", pages, "https://help.example.org/"))


def test_each_page_is_there_once_with_its_title_and_without_the_frame(tmp_path: Path) -> None:
    whole = built(tmp_path)
    assert '<details class="page" id="flow-a"><summary><h2>A &amp; co</h2></summary>' in whole
    assert whole.count('class="page"') == 2
    assert "menu" not in whole
    assert "<h1>Flow &lt;help&gt;</h1>" in whole
    assert "<h1>Title</h1>" not in whole
    assert "State of 2026-11-24" in whole


def test_links_between_its_pages_stay_inside_and_others_lead_to_the_portal(tmp_path: Path) -> None:
    whole = built(tmp_path)
    assert 'href="#flow-b--end"' in whole
    assert 'id="flow-b--end"' in whole
    assert 'href="#flow-a--part"' in whole
    assert 'href="https://help.example.org/rsr/x/"' in whole
    assert 'href="https://example.org/y"' in whole
    assert 'href="https://help.example.org/flow/"' in whole


def test_pictures_are_inside_it_and_nothing_is_fetched(tmp_path: Path) -> None:
    whole = built(tmp_path)
    assert f'src="data:image/svg+xml;base64,{base64.b64encode(b"<svg/>").decode()}"' in whole
    assert 'src="http' not in whole
    assert '<link rel="icon" href="data:,">' in whole
    assert whole.count("<link") == 1
