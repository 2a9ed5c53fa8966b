"""What changed, as feed readers take it."""

from xml.etree.ElementTree import fromstring

from deflect_api.published.feed import ATOM, MOST, feed, robots

NAME = {"a": ATOM}


def page(path: str, changed: str = "", reviewed: str = "", *, suggested: bool = True) -> dict[str, object]:
    return {
        "path": path, "url": f"{path}/", "title": f"Page & {path}", "description": "", "changed": changed,
        "reviewed": reviewed, "suggested": suggested,
    }  # fmt: skip


def test_the_newest_change_comes_first_and_a_page_without_one_counts_from_its_review() -> None:
    pages = [
        page("old", "2026-01-01T00:00:00+00:00"), page("new", "2026-11-24T10:00:00+00:00"), page("seen", reviewed="2026-05-05"),
        page("undated"), page("team", "2026-11-25T00:00:00+00:00", suggested=False),
    ]  # fmt: skip
    root = fromstring(feed(pages, title="Help", site_url="https://help.example.org/"))
    assert [one.text for one in root.findall("a:entry/a:title", NAME)] == ["Page & new", "Page & seen", "Page & old"]
    assert root.findtext("a:updated", namespaces=NAME) == "2026-11-24T10:00:00+00:00"
    assert root.findtext("a:entry/a:id", namespaces=NAME) == "https://help.example.org/new/"
    assert next(one.get("href") for one in root.findall("a:link", NAME)) == "https://help.example.org/changes.xml"


def test_a_feed_has_an_end() -> None:
    pages = [page(str(number), "2026-01-01T00:00:00Z") for number in range(MOST + 5)]
    assert len(fromstring(feed(pages, title="Help", site_url="https://x.example.org/")).findall("a:entry", NAME)) == MOST
    assert fromstring(feed([], title="Help", site_url="https://x.example.org/")).findall("a:entry", NAME) == []


def test_crawlers_are_shown_the_map_and_kept_out_of_requests() -> None:
    assert robots("https://x.example.org/").splitlines()[1:] == [
        "Disallow: /desk/", "Disallow: /requests/", "Sitemap: https://x.example.org/sitemap.xml",
    ]  # fmt: skip
