"""From a solved ticket to the draft of an article: the writers' template with what was asked and answered, scrubbed. Pure."""

import re
import unicodedata
from collections.abc import Sequence
from datetime import date

from deflect_api.desk.scrubbing import scrub
from deflect_api.store.models import Comment, Ticket

_GREETING = re.compile(r"(hello|hi|hey|dear|good \w+|bonjour|hola|ol[aá])\b[^\n]{0,60},?$", re.IGNORECASE)
TYPES = {"bug": "troubleshooting", "question": "how-to", "feature request": "reference"}
TEMPLATE = """---
title: {title}
description: >-
  TODO: one sentence of at most 150 characters that answers the question.
type: {type}
keywords: []
questions:
{questions}
applies_to: []
roles: [anyone]
sources: []
reviewed: {today}
review_every: 12 months
---

<!-- Drafted from an answered request. Personal data was taken out by rule: read every line before you publish it.
     docs/team/writing.md says how an article is written. Remove this note and every TODO. -->

TODO: the answer in two lines.

## Steps

{answer}

## What you should see

TODO: how to tell that it worked.

## If it goes wrong

{happened}
"""


def draft(ticket: Ticket, comments: Sequence[Comment], *, people: Sequence[str], today: date) -> str:
    """Write the draft. `people` are the names that may stand in the texts beside the requester's own."""

    def clean(text: str) -> str:
        return _plain(scrub.of_ticket(text, ticket, people))

    answers = [bare(comment.body, people) for comment in comments if comment.public and not comment.from_requester]
    asked = [line for line in (_one_line(clean(ticket.subject)), _one_line(clean(ticket.happened))[:140]) if line]
    return TEMPLATE.format(
        title=_quoted(_one_line(clean(ticket.subject))),
        type=TYPES.get(ticket.type, "how-to"),
        questions="\n".join(f"  - {_quoted(question)}" for question in dict.fromkeys(asked)),
        today=today.isoformat(),
        answer="\n\n".join(clean(answer) for answer in answers) or "TODO: the steps.",
        happened=clean(bare(ticket.happened, people)),
    )


def file_name(ticket: Ticket) -> str:
    """Name the file as articles are named: the subject's first words, small, with hyphens."""
    plain = unicodedata.normalize("NFKD", scrub.of_ticket(ticket.subject, ticket)).encode("ascii", "ignore").decode().lower()
    words = re.findall(r"[a-z0-9]+", plain)[:6]
    return f"{'-'.join(words)[:60].strip('-') or 'draft'}.md"


def bare(letter: str, people: Sequence[str]) -> str:
    """Take the greeting and the name under it from a letter: an article has neither."""
    lines = letter.strip().splitlines()
    if lines and _GREETING.match(lines[0]):
        lines = lines[1:]
    while lines and (not lines[-1].strip() or lines[-1].strip() in people):
        lines.pop()
    return "\n".join(lines).strip()


def _plain(text: str) -> str:
    """Angle brackets would become HTML on the page, and three dashes a line of their own."""
    return re.sub(r"^-{3,}$", "", text.replace("\r", "").replace("<", "&lt;").replace("{", "&#123;"), flags=re.MULTILINE).strip()


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
