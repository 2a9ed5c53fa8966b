"""As-you-type article search over a docs site: `read_docs` -> `build_index` -> `Engine(root).suggest(text)`."""

from search.build import build_index, digest_of
from search.engine import Engine, Suggester, Suggestion
from search.errors import DocsError, IndexUnavailable, SearchError
from search.sections import Article, Section, read_docs
from search.wordbook import read_synonyms

__all__ = [
    "Article",
    "DocsError",
    "Engine",
    "IndexUnavailable",
    "SearchError",
    "Section",
    "Suggester",
    "Suggestion",
    "build_index",
    "digest_of",
    "read_docs",
    "read_synonyms",
]
