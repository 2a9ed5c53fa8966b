"""What somebody wrote stays, what their program quoted is folded away; in doubt nothing is."""

import pytest

from deflect_api.intake.inbound import quoting

QUOTED = "> Which version?\n> Akvo support"


@pytest.mark.parametrize(
    "head",
    [
        "On Mon, 23 Nov 2026 at 09:00, Akvo support <support@example.org> wrote:",
        "On Mon, 23 Nov 2026 at 09:00, Akvo support\n<support@example.org> wrote:",
        "Le lun. 23 nov. 2026 à 09:00, Akvo support <support@example.org> a écrit :",
        "El lun, 23 nov 2026 a las 9:00, Akvo support (<support@example.org>) escribió:",
        "Em seg., 23 de nov. de 2026 às 09:00, Akvo support <support@example.org> escreveu:",
        "Pada Sen, 23 Nov 2026 pukul 09.00 Akvo support <support@example.org> menulis:",
        "Op ma 23 nov 2026 om 09:00 schreef Akvo support <support@example.org>:",
        "-----Original Message-----\nFrom: Akvo support",
        "________________________________\nFrom: Akvo support",
        "From: Akvo support <support@example.org>\nSent: Monday\nTo: Ada",
        "De : Akvo support <support@example.org>\nEnvoyé : lundi\nÀ : Ada",
        "",
    ],
)
def test_a_quote_below_the_words_is_folded(head: str) -> None:
    new, quoted = quoting.split(f"It is 2.9.14.\nThank you.\n\n{head}\n{QUOTED}")
    assert new == "It is 2.9.14.\nThank you."
    assert "Which version?" in quoted


@pytest.mark.parametrize(
    "text",
    [
        "It is 2.9.14.",
        "> Which version?\nIt is 2.9.14.\n> Which phone?\nA Tecno.",
        "On Mon, Akvo wrote:\n> Which version?\n\nIt is 2.9.14.",
        "> only a quote",
        "From: the menu I chose Export",
        "",
    ],
)
def test_words_in_between_or_below_are_never_folded(text: str) -> None:
    assert quoting.split(text) == (text.strip(), "")


@pytest.mark.parametrize(
    "head", ["---------- Forwarded message ---------", "Begin forwarded message:", "---------- Message transféré ---------"]
)
def test_a_mail_sent_on_is_read(head: str) -> None:
    text = f"See below\n\n{head}\nFrom: Kofi Mensah <kofi@client.example.org>\nDate: Mon\nSubject: x\n\nIt is grey.\n"
    assert quoting.forwarded(text) == ("Kofi Mensah", "kofi@client.example.org", "It is grey.")


def test_a_mail_without_a_sender_in_it_was_not_sent_on() -> None:
    assert quoting.forwarded("---------- Forwarded message ---------\nhello") is None
    assert quoting.forwarded("hello") is None
