"""What can go wrong in search, as one small tree. Every message names the file and says what to do about it.

SearchError
├── DocsError            the docs or their mkdocs.yml cannot be read
└── IndexUnavailable     no intact index generation to serve from
"""


class SearchError(Exception):
    """Anything that search raises on purpose."""


class DocsError(SearchError):
    """The docs or their mkdocs.yml cannot be read; the message names the file."""


class IndexUnavailable(SearchError):
    """There is no intact index generation under the given root."""
