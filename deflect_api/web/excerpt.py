"""One section of a built page, to be read in place by someone without JavaScript.

The pages are ours; nothing that a person typed comes in here.
"""

import re
from urllib.parse import urljoin

from deflect_api.web.parts import parts

_ARTICLE = re.compile(r"<article\b[^>]*>(.*?)</article>", re.S)
_HEADING = re.compile(r"(?=<h[1-6][\s>])")
_OPENS = re.compile(r"<h([1-6])\b(?:[^>]*?\bid=\"([^\"]*)\")?[^>]*>")
_ADDRESS = re.compile(r"\b(href|src)=\"([^\"]*)\"")
_NOT_READ = re.compile(r"<(h1|form|script|style|help-suggest)\b.*?</\1>", re.S)  # the page that shows it has its own h1


def section_html(url: str) -> str:
    """Return the HTML of the section that `url` (page#anchor) names, with absolute addresses; "" when it is not found."""
    page, _, anchor = url.partition("#")
    release = parts().releases.current()
    file = release.file(page)
    found = _ARTICLE.search(file.path.read_text(encoding="utf-8")) if file else None
    if not found:
        return ""
    whole = _NOT_READ.sub("", found[1])
    return _ADDRESS.sub(lambda match: f'{match[1]}="{urljoin("/" + page, match[2])}"', _section(whole, anchor))


def _section(html: str, anchor: str) -> str:
    chunks = _HEADING.split(html)
    if not anchor:
        return "".join(chunks[:2])
    chosen: list[str] = []
    level = 0
    for chunk in chunks:
        opened = _OPENS.match(chunk)
        if not opened:
            continue
        if chosen and int(opened[1]) <= level:
            break
        if chosen or opened[2] == anchor:
            level = level or int(opened[1])
            chosen.append(chunk)
    return "".join(chosen)
