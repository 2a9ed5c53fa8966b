"""What the writers should do next: where readers found nothing, or read and were not helped. Most people first.

Words that people typed are shown only where at least FEWEST of them typed them, each word alike; free texts are scrubbed."""

import shlex
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session, selectinload

from deflect_api.desk import noted_gaps
from deflect_api.intake import deflection, helpful
from deflect_api.store import desk as store
from deflect_api.store.helpful import HelpfulAnswer
from deflect_api.store.models import SessionEvent, SupportSession
from search import SearchError, Suggester, schema
from search.topics import Asked, Topic, topics

DAYS = 90
FEWEST = 3
MOST_TEXTS = 3
NOTHING, TICKET, OPENED, REJECTED, UNHELPFUL, OVERDUE, NOTED = (
    "found nothing", "searched, then sent a ticket", "read, then sent a ticket", "rejected", "not helpful", "review overdue",
    "noted by support",
)  # fmt: skip
LONGEST_QUESTION = 80

Pages = Mapping[str, Mapping[str, Any]]
Answered = Callable[[str, str], bool]


@dataclass(frozen=True)
class Gap:
    """One line of the list: `people` are support sessions or readers; `page` is "" where there is none yet."""

    kind: str
    people: int
    what: str
    product: str
    page: str
    evidence: tuple[str, ...]
    command: str


@dataclass
class _About:
    """What was noted about one page."""

    people: set[Any] = field(default_factory=set)
    reasons: list[str] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)


def answered_by(search: Suggester, floor: float | None) -> Answered:
    """Tell whether the live search has an article for these words of a product now."""

    def answered(words: str, product: str) -> bool:
        try:
            return bool(search.suggest(words, product=product or None, limit=1, floor=floor))
        except SearchError:
            return False

    return answered


def gaps(session: Session, pages: Pages, now: datetime, days: int = DAYS, answered: Answered | None = None) -> list[Gap]:
    """The whole list for the last `days`; `pages` are those of the live release, by their paths.

    What was searched in vain is left out once it is `answered`."""
    since = now - timedelta(days=days)
    found = select(SupportSession).where(SupportSession.last_at >= since).options(selectinload(SupportSession.events))
    visits = list(session.scalars(found))
    answers = list(session.scalars(select(HelpfulAnswer).where(HelpfulAnswer.at >= since)))
    by_url = {page["url"]: page for page in pages.values()}
    opened = _by_article(visits, deflection.OPENED)
    listed = [
        *(gap for gap in _searches(visits) if not (answered and gap.kind == NOTHING and answered(gap.what, gap.product))),
        *_of_pages(OPENED, _by_article((one for one in visits if _sent(one)), deflection.OPENED), by_url),
        *_of_pages(REJECTED, _by_article(visits, deflection.REJECTED), by_url),
        *_of_pages(UNHELPFUL, _unhelpful(answers, pages), by_url),
        *_overdue(pages, opened, now.date()),
        *(_noted_gap(one) for one in noted_gaps.since(session, since)),
    ]
    return sorted(listed, key=lambda gap: (-gap.people, gap.kind, gap.what))


def _searches(visits: Iterable[SupportSession]) -> list[Gap]:
    asked: dict[str, list[Asked]] = {NOTHING: [], TICKET: []}
    for visit in visits:
        last = next((event for event in reversed(visit.events) if event.event == deflection.SHOWN and event.text.strip()), None)
        if last is None:
            continue
        if not _shown(last):
            asked[NOTHING].append(Asked(visit.product, last.text))
        elif _sent(visit):
            asked[TICKET].append(Asked(visit.product, last.text))
    return [_search_gap(kind, topic) for kind, texts in asked.items() for topic in topics(texts, FEWEST)]


def _search_gap(kind: str, topic: Topic) -> Gap:
    product = f" --product {shlex.quote(topic.product)}" if topic.product else ""
    words = topic.words[:LONGEST_QUESTION]
    new = f"{_new(words)}{product} --type troubleshooting --question {shlex.quote(words)}"
    command = new if kind == NOTHING else f"deflect explain {shlex.quote(words)}{product}"
    return Gap(kind, topic.people, topic.words, topic.product, "", (f"{topic.people} visits used these words",), command)


def _noted_gap(noted: store.Gap) -> Gap:
    """What an agent noted while answering counts for one person: the requester."""
    words, evidence = " ".join(noted.text.split())[:LONGEST_QUESTION], f"noted on request {noted.ticket_id}"
    product = f" --product {shlex.quote(noted.product)}" if noted.product else ""
    return Gap(NOTED, 1, noted.text, noted.product, "", (evidence,), f"{_new(words)}{product}")


def _new(words: str) -> str:
    """A page's title begins with a capital, however the words were typed."""
    return f"deflect new {shlex.quote(words[:1].upper() + words[1:])}"


def _sent(visit: SupportSession) -> bool:
    return visit.outcome == deflection.SUBMITTED


def _shown(event: SessionEvent) -> list[str]:
    return event.shown or event.article.split()


def _by_article(visits: Iterable[SupportSession], kind: str) -> dict[str, _About]:
    found: dict[str, _About] = defaultdict(_About)
    for visit in visits:
        for event in visit.events:
            if event.event == kind and event.article:
                about = found[_url(event.article)]
                about.people.add(visit.id)
                chosen, _, more = event.reason.partition(": ")
                about.reasons += [chosen] if chosen else []
                about.texts += [helpful.scrubbed(more)] if more.strip() else []
    return found


def _url(article: str) -> str:
    return article.partition("#")[0].lstrip("/")


def _unhelpful(answers: Iterable[HelpfulAnswer], pages: Pages) -> dict[str, _About]:
    found: dict[str, _About] = defaultdict(_About)
    for answer in answers:
        if not answer.helpful and answer.page in pages:
            about = found[pages[answer.page]["url"]]
            about.people.add(answer.id)
            about.reasons += [answer.reason] if answer.reason else []
            about.texts += [answer.text] if answer.text else []
    return found


def _of_pages(kind: str, found: Mapping[str, _About], by_url: Pages) -> list[Gap]:
    known = ((by_url[url], about) for url, about in found.items() if url in by_url)
    return [_page_gap(kind, page, len(about.people), _evidence(about)) for page, about in known]


def _page_gap(kind: str, page: Mapping[str, Any], people: int, evidence: tuple[str, ...]) -> Gap:
    command = f"$EDITOR docs/{shlex.quote(page['path'])}"
    return Gap(kind, people, page["title"], page["product"], page["path"], evidence, command)


def _evidence(about: _About) -> tuple[str, ...]:
    reasons = [f"{reason}: {count}" for reason, count in Counter(about.reasons).most_common()]
    return (*reasons, *(f"“{text}”" for text in about.texts[-MOST_TEXTS:]))


def _overdue(pages: Pages, opened: Mapping[str, _About], today: date) -> list[Gap]:
    found: list[Gap] = []
    for page in pages.values():
        meta = {
            "reviewed": date.fromisoformat(page["reviewed"]) if page["reviewed"] else None,
            "review_every": page["review_every"],
        }
        if schema.is_stale(meta, today):
            readers = len(opened[page["url"]].people) if page["url"] in opened else 0
            found.append(_page_gap(OVERDUE, page, readers, (f"last reviewed {page['reviewed']}", f"opened in {readers} visits")))
    return found
