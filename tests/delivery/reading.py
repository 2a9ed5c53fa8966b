"""Mails as another program reads them: written out whole and parsed anew."""

from email import message_from_bytes, policy
from email.message import EmailMessage
from html.parser import HTMLParser


def as_received(mail: EmailMessage) -> EmailMessage:
    back = message_from_bytes(mail.as_bytes(policy=policy.SMTP), policy=policy.default)
    assert isinstance(back, EmailMessage)
    return back


def part(mail: EmailMessage, kind: str) -> str:
    found = mail.get_body((kind,))
    assert found is not None
    content: str = found.get_content()
    return content.replace("\r\n", "\n")


class Page(HTMLParser):
    """The elements of a page with their attributes, in order, and its text."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: list[tuple[str, tuple[tuple[str, str | None], ...]]] = []
        self.text = ""
        try:
            self.feed(html)
            self.close()
        except AssertionError:  # the parser's way to say that it met markup it does not know
            self.elements.append(("unknown markup", ()))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, tuple(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data

    def handle_comment(self, data: str) -> None:
        self.elements.append(("comment", ()))
