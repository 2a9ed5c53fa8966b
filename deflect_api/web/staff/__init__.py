"""The desk's pages and its API: what L1 does all day. Each route parses, makes one call and answers."""

from deflect_api.web.staff import calls, clients, issues, notices, queue, tags, ticket, writers  # noqa: F401 - they add their routes
from deflect_api.web.staff.entry import api, pages

__all__ = ["api", "pages"]
