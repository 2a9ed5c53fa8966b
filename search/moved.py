"""Addresses that must not die: redirects.yml, beside mkdocs.yml, says where the answer of a page that is gone stands now.

A line is `old/page.md: new/page.md`, or `new/page.md#anchor`, both relative to docs_dir."""

from collections.abc import Collection, Iterator, Mapping
from pathlib import Path

import yaml

from search.findings import Finding, line_of
from search.pages import Page
from search.site import Site, page_url

FILE = "redirects.yml"


def read_redirects(config_file: Path) -> tuple[dict[str, str], list[Finding]]:
    """The redirects of a site, old path to new path, and what is wrong with the file itself."""
    path = config_file.parent / FILE
    if not path.is_file():
        return {}, []
    mend = "write one line for each page: old/page.md: new/page.md"
    try:
        given = yaml.safe_load(path.read_text("utf-8-sig")) or {}
    except (OSError, yaml.YAMLError, UnicodeDecodeError) as error:
        return {}, [Finding(FILE, 1, "redirect", f"not readable as YAML: {error}", mend)]
    if not isinstance(given, dict) or not all(isinstance(one, str) for pair in given.items() for one in pair):
        return {}, [Finding(FILE, 1, "redirect", "this is not a list of old and new pages", mend)]
    return given, []


def addresses(site: Site, redirects: Mapping[str, str]) -> dict[str, str]:
    """The same as addresses relative to the site's root, as the portal serves them. Chains are followed to their end."""
    found = {}
    for old in redirects:
        new, anchor = _end(old, redirects)
        found[page_url(site, old)] = page_url(site, new) + (f"#{anchor}" if anchor else "")
    return found


def rules(site: Site, pages: Mapping[str, Page], before: Collection[str]) -> Iterator[Finding]:
    """What is wrong with the redirects, and which of the pages that were there `before` lead nowhere now."""
    redirects, found = read_redirects(site.config_file)
    yield from found
    source = (site.config_file.parent / FILE).read_text("utf-8-sig") if redirects else ""
    for old in redirects:
        new, anchor = _end(old, redirects)
        line = line_of(source, f"{old}:")
        if old in pages:
            yield Finding(FILE, line, "redirect", f"{old} is a page again", "take the line out")
        if new not in pages:
            yield Finding(FILE, line, "redirect", f"{old} leads to {new}, which is no page", "name the page that answers now")
        elif anchor and anchor not in pages[new].seen.anchors:
            yield Finding(FILE, line, "redirect", f"{new} has no heading or anchor #{anchor}", "copy the anchor from the page")
    for old in sorted(set(before) - set(pages) - set(redirects)):
        mend = f"add the line `{old}: ` and the page that answers now to {FILE}, so that its address does not die"
        yield Finding(old, 1, "redirect", "the page was published and is gone", mend)


def _end(old: str, redirects: Mapping[str, str]) -> tuple[str, str]:
    seen, target = {old}, redirects[old]
    while (path := target.partition("#")[0]) in redirects and path not in seen:
        seen.add(path)
        target = redirects[path]
    path, _, anchor = target.partition("#")
    return path, anchor
