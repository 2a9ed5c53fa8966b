"""What is pointed out before sending, and, as important, what never is: the formats that people here write every day."""

import itertools
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deflect_api.intake.wording import sensitive
from deflect_api.intake.wording.sensitive_rules import RULES

JSON_WEB_TOKEN = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3"
PRIVATE = [
    ("password", "password: sunshine", "sunshine"),
    ("password", "the Password is Akvo2024!", "Akvo2024!"),
    ("password", "user ada, password: sunshine, still fails", "sunshine"),
    ("password", "login ada and password=hello1 and it fails", "hello1"),
    ("password", "mot de passe : Soleil77", "Soleil77"),
    ("password", "contraseña: Lluvia9", "Lluvia9"),
    ("password", "PIN: 4711", "4711"),
    ("token", "Authorization: Bearer abcdef1234567890", "abcdef1234567890"),
    ("token", JSON_WEB_TOKEN, JSON_WEB_TOKEN),
    ("token", "api_key=9f8a7b6c5d4e3f2a", "9f8a7b6c5d4e3f2a"),
    ("token", "https://x.example.org/a?access_token=aB3dE5fG7hI9jK1l&x=1", "aB3dE5fG7hI9jK1l"),
    ("token", "it says x7Kp2mQ9vR4tW8yZ3bN6cF1d here", "x7Kp2mQ9vR4tW8yZ3bN6cF1d"),
    ("card", "my card 4111 1111 1111 1111 was charged", "4111 1111 1111 1111"),
    ("card", "5500005555555559", "5500005555555559"),
    ("card", "378282246310005", "378282246310005"),
    ("imei", "The phone 353918057990117 is missing", "353918057990117"),
    ("imei", "35-391805-799011-7", "35-391805-799011-7"),
    ("imei", "IMEI: 12345678901234", "12345678901234"),
    ("address", "write to joe.doe@gmail.com please", "joe.doe@gmail.com"),
    ("address", "(amina@water.example.org).", "amina@water.example.org"),
    ("phone", "call +254 712 345 678", "+254 712 345 678"),
    ("phone", "+31 (0)20 820 0175", "+31 (0)20 820 0175"),
    ("phone", "0712 345 678.", "0712 345 678"),
    ("phone", "06 12 34 56 78", "06 12 34 56 78"),
    ("phone", "00254712345678", "00254712345678"),
    ("phone", "WhatsApp 77 12 34 56", "77 12 34 56"),
    ("phone", "mon téléphone : 77123456", "77123456"),
]
HARMLESS = [
    "form 237070018 version 5.0",
    "254970003",
    "Form ID 254970003, version 1.0",
    "instance 703219119 and 1067000",
    "NO_IMEI",
    "data point 4139-k07c-bjw2 or hxeq-lb2e-g1n2",
    "app 2.10.2 and 2.9.10.1",
    "Android 8.1.0",
    "v1.10.1-123-gabc1234",
    "mobile 2.10.2",
    "Chrome Version 104.0.5112.102 (Official Build) (64-bit)",
    "ticket 208690",
    "#81,086",
    "period 01 Jan 2024 - 31 Dec 2024",
    "01/01/2024 - 31/12/2024",
    "on 01-01-2024 12:30 and 2024-01-01T12:30:00",
    "01.02.2024 14:30",
    "HTTP 500 at 2024-11-23 10:11:12.123456",
    "between 10:00 and 12:30 on 23 11 2026",
    "ecosia-2023-11-20-10-30-45",
    "-1.2921, 36.8219",
    "lat 0.347596 lon 32.582520",
    "+36.8219012",
    "01.12345678",
    "0.00012345678",
    "DATA_CLEANING-15896832.xlsx",
    "2025Oct27-3086-results-indicators-report.xlsx",
    "AkvoFlowRawDataExport2023March12Final.xlsx",
    "https://rsr.akvo.org/my-rsr/projects/9559/results",
    "https://demo.akvolumen.org/s/H3f_vjZp90M",
    "https://ecosia.akvolumen.org/dataset/5f05f582-72ed-421e-8b24-f7f170e96f3b",
    "NL-KVK-31156201-TZ1234",
    "1wash-salone.akvoflow.org/admin/ > 3. Other > 2. GVWC > 1. Project Affected People (PAP)",
    "akvoflow-73",
    "I forgot my password: what can I do?",
    "My password is wrong",
    "Password: it says wrong password",
    "the password is not accepted",
    "the link password reset: https://rsr.akvo.org/reset1",
    "error: token expired",
    "key: primary",
    "question key: water_source",
    "form id 5629499534213120",
    "survey 4111111111111111",
    "order 4111111111111112",
    "write to support@example.org",
    "100 000 000 households",
    "5 000 000",
    "amount 1,234,567.89",
    "KES 1 500 000 000",
    "the code 0x8007005",
    "1700000000000",
    "Invalid csv file. Varying number of columns",
    "TREE PLANTING IMPACT > Planting site registration",
]


@pytest.mark.parametrize(("kind", "text", "piece"), PRIVATE)
def test_a_private_piece_is_found_to_the_letter(kind: str, text: str, piece: str) -> None:
    assert [(one.kind, one.piece) for one in sensitive.find(text)] == [(kind, piece)]
    (found,) = sensitive.find(text)
    assert text[found.start : found.end] == piece


@pytest.mark.parametrize("text", HARMLESS)
def test_the_formats_of_our_products_are_no_findings(text: str) -> None:
    assert sensitive.find(text) == []


@pytest.mark.parametrize(("kind", "text", "piece"), PRIVATE)
def test_what_was_removed_is_not_found_again(kind: str, text: str, piece: str) -> None:
    assert sensitive.find(sensitive.remove(text, piece)) == []


def test_the_writers_own_addresses_and_copies_belong_there() -> None:
    values = {
        "email": "Ada@example.org",
        "cc": "joe@example.org; ann@example.org",
        "happened": "Ask ada@example.org or joe@example.org",
    }
    assert sensitive.find_in(values) == []
    values["happened"] += " or eve@example.org"
    assert [(name, one.piece) for name, one in sensitive.find_in(values)] == [("happened", "eve@example.org")]
    assert sensitive.find_in(values, ["eve@example.org"]) == []


def test_findings_stand_in_the_texts_order_and_never_overlap() -> None:
    text = "password: 0712345678 and +254 712 345 678, joe@example.org"
    found = sensitive.find(text)
    assert [one.kind for one in found] == ["password", "phone", "address"]
    assert all(one.end <= other.start for one, other in itertools.pairwise(found))


def test_only_the_free_texts_are_looked_at() -> None:
    assert sensitive.find_in({"context.account": "joe@example.org", "name": "+254 712 345 678"}) == []


@pytest.mark.parametrize(("digits", "right"), [("490154203237518", True), ("490154203237519", False), ("", False)])
def test_the_check_digit(digits: str, right: bool) -> None:
    assert sensitive.luhn(digits) is right


@given(st.text(alphabet="ab1.@+=-_ :/0", max_size=200))
def test_any_text_can_be_looked_at_and_what_is_found_can_be_removed(text: str) -> None:
    for one in sensitive.find(text):
        assert one.piece not in sensitive.remove(text, one.piece)


def test_every_pattern_has_the_two_groups_that_both_readers_count_on() -> None:
    assert [rule for rule in RULES if re.compile(rule.pattern).groups != 2] == []
