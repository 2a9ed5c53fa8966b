"""The feed of what changed (Atom, RFC 4287) and robots.txt. Pure."""

from collections.abc import Iterable, Mapping
from typing import Any
from xml.etree.ElementTree import Element, SubElement, register_namespace, tostring

ATOM = "http://www.w3.org/2005/Atom"
MOST = 50


def feed(pages: Iterable[Mapping[str, Any]], *, title: str, site_url: str) -> str:
    """The pages that changed last, newest first; a page without a date in git counts from its review."""
    dated = [(page, _when(page)) for page in pages if page["suggested"] and _when(page)]
    newest = sorted(dated, key=lambda one: (one[1], one[0]["path"]), reverse=True)[:MOST]
    register_namespace("", ATOM)
    root = Element(f"{{{ATOM}}}feed")
    _add(root, "title", title)
    _add(root, "id", site_url)
    _add(root, "updated", newest[0][1] if newest else "1970-01-01T00:00:00Z")
    SubElement(_add(root, "author"), f"{{{ATOM}}}name").text = title
    SubElement(root, f"{{{ATOM}}}link", {"rel": "self", "href": f"{site_url}changes.xml"})
    SubElement(root, f"{{{ATOM}}}link", {"href": site_url})
    for page, when in newest:
        entry = SubElement(root, f"{{{ATOM}}}entry")
        _add(entry, "title", page["title"])
        _add(entry, "id", f"{site_url}{page['url']}")
        SubElement(entry, f"{{{ATOM}}}link", {"href": f"{site_url}{page['url']}"})
        _add(entry, "updated", when)
        _add(entry, "summary", page["description"] or page["title"])
    return '<?xml version="1.0" encoding="utf-8"?>\n' + tostring(root, encoding="unicode") + "\n"


def robots(site_url: str) -> str:
    """Who crawls may read every page but the desk and the requests of people."""
    return f"User-agent: *\nDisallow: /desk/\nDisallow: /requests/\nSitemap: {site_url}sitemap.xml\n"


def _when(page: Mapping[str, Any]) -> str:
    if page["changed"]:
        return str(page["changed"])
    return f"{page['reviewed']}T00:00:00Z" if page["reviewed"] else ""


def _add(parent: Element, name: str, text: str = "") -> Element:
    made = SubElement(parent, f"{{{ATOM}}}{name}")
    made.text = text or None
    return made
