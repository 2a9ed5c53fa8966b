"""What a release knows of its pages: source, address, title, when each was changed and reviewed. Written when it is built."""

from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from typing import Any

from search import Article, read_docs
from search.moved import addresses, read_redirects
from search.site import read_site


@dataclass(frozen=True)
class Page:
    """One page. `changed` and `reviewed` are ISO dates, or "" where nobody knows."""

    path: str
    url: str
    title: str
    product: str
    description: str
    language: str
    changed: str
    reviewed: str
    review_every: str
    suggested: bool


def pages(
    mkdocs: Path, *, products: Collection[str], exclude: tuple[str, ...], changed: Mapping[str, str]
) -> list[dict[str, Any]]:
    """Every page of the site, hidden ones too, as plain data for the release's manifest. Raises DocsError."""
    suggested = {article.path for article in read_docs(mkdocs, products=products, exclude=exclude)}
    every = read_docs(mkdocs, products=products, hidden=True)
    return [asdict(_page(one, changed.get(one.path, ""), one.path in suggested)) for one in every]


def _page(article: Article, changed: str, suggested: bool) -> Page:
    reviewed = article.meta.get("reviewed")
    return Page(
        path=article.path,
        url=article.url,
        title=article.title,
        product=article.product,
        description=article.description,
        language=article.language,
        changed=changed,
        reviewed=reviewed.isoformat() if isinstance(reviewed, date) else "",
        review_every=str(article.meta.get("review_every") or ""),
        suggested=suggested,
    )


def redirects(mkdocs: Path) -> dict[str, str]:
    """Old addresses and where they lead now, both relative to the portal's root."""
    return addresses(read_site(mkdocs), read_redirects(mkdocs)[0])
