"""What writers do: check the docs, ask the search their questions, start a page, publish by git, see what is missing."""

from deflect_api.history import at_revision
from deflect_api.writing.checks import check, docs_folder, docs_prefix, pages_at
from deflect_api.writing.questions import Asked, against, ask, why

__all__ = ["Asked", "against", "ask", "at_revision", "check", "docs_folder", "docs_prefix", "pages_at", "why"]
