"""Articles that fit a ticket, and known issues among them. What the requester rejected is never among them."""

from collections.abc import Sequence
from dataclasses import dataclass

from deflect_api.desk import dossier
from deflect_api.desk.known_issues import Issue
from deflect_api.errors import Unavailable
from deflect_api.web.parts import parts
from deflect_api.web.suggest import find
from search import Suggestion

MOST_ASKED, MOST_SHOWN = 12, 5


@dataclass(frozen=True)
class Fitting:
    """What may help to answer. `down`: suggestions cannot be reached just now."""

    articles: Sequence[Suggestion] = ()
    known: Sequence[Issue] = ()
    linked: Sequence[Issue] = ()
    others: Sequence[Issue] = ()
    down: bool = False


def fitting_for(found: dossier.Dossier) -> Fitting:
    """Suggest for a ticket's own words. A desk without articles answers all the same."""
    one = found.ticket
    try:
        issues = parts().releases.current().issues
        suggestions = find(f"{one.subject}\n{one.happened}", one.product, one.language, MOST_ASKED)
    except Unavailable:
        return Fitting(down=True)
    rejected, seen = dossier.rejected(found.history), {each.article for each in suggestions}
    free = [issue for issue in issues.values() if issue.article not in found.issues]
    return Fitting(
        articles=[each for each in suggestions if each.article not in {*rejected, *issues}][:MOST_SHOWN],
        known=[issue for issue in free if issue.article in seen],
        linked=[issues[article] for article in found.issues if article in issues],
        others=[issue for issue in free if issue.article not in seen and issue.product in (one.product, "")],
    )
