"""Names of files: whatever was sent, what is shown is one harmless line, and saving it lands in no other folder."""

import unicodedata

import hypothesis
import pytest
from hypothesis import strategies as some

from deflect_api.intake.files import file_names
from deflect_api.intake.files.file_names import disposition, harmless


@pytest.mark.parametrize(
    ("sent", "shown"),
    [
        ("photo.jpg", "photo.jpg"),
        ("Capture d’écran 2026-11-23.png", "Capture d’écran 2026-11-23.png"),
        ("調査票.xlsx", "調査票.xlsx"),
        ("../../etc/passwd", "passwd"),
        ("..\\..\\windows\\system.ini", "system.ini"),
        ("C:\\fakepath\\photo.jpg", "photo.jpg"),
        ("/", "_"),
        ("photo.jpg\x00.exe", "photo.jpg.exe"),
        ("photo\u202egpj.exe", "photogpj.exe"),
        ("a\r\nSet-Cookie: x=1.txt", "a Set-Cookie_ x=1.txt"),
        ("zero\u200bwidth\ufeff.txt", "zerowidth.txt"),
        ('<img src=x onerror="alert(1)">.png', "_img src=x onerror=_alert(1)__.png"),
        ("CON.txt", "_CON.txt"),
        ("lpt1", "_lpt1"),
        ("...", "file"),
        ("", "file"),
        ("\ud800.txt", "txt"),
        ("  many   spaces \u2003.txt ", "many spaces .txt"),
        (".htaccess", "htaccess"),
    ],
)
def test_a_name_is_shown_without_what_could_harm(sent: str, shown: str) -> None:
    assert harmless(sent) == shown


@pytest.mark.parametrize("letter", ["x", "é", "表", "🙂"])
def test_a_name_of_300_letters_is_cut_and_keeps_its_ending(letter: str) -> None:
    cut = harmless(letter * 300 + ".jpeg")
    assert cut.endswith(f"{letter}.jpeg")
    assert len(cut) <= file_names.LONGEST
    assert len(cut.encode()) <= file_names.MOST_BYTES


names = some.text(max_size=400) | some.text(alphabet="./\\\x00\u202e:<>é表 a\ud800\r\n", max_size=400)


@hypothesis.settings(max_examples=400, deadline=None)
@hypothesis.given(name=names)
def test_no_name_leaves_its_folder_its_line_or_its_direction(name: str) -> None:
    shown = harmless(name)
    assert shown
    assert len(shown) <= file_names.LONGEST
    assert len(shown.encode()) <= 255
    assert not set(shown) & set('/\\<>:"|?*')
    assert shown[0] != "."
    assert shown[-1] not in ". "
    assert all(unicodedata.category(letter)[0] != "C" for letter in shown)
    assert harmless(shown) == shown


@hypothesis.settings(max_examples=300, deadline=None)
@hypothesis.given(name=names)
def test_every_name_gets_a_true_ending_once(name: str) -> None:
    made = file_names.with_true_ending(harmless(name), ("jpg", "jpeg"), ("png",))
    assert file_names.ending(made) in ("jpg", "jpeg")
    assert len(made.encode()) <= 255
    assert file_names.with_true_ending(made, ("jpg", "jpeg"), ("png",)) == made


@hypothesis.settings(max_examples=300, deadline=None)
@hypothesis.given(name=names)
def test_the_header_that_saves_a_file_is_one_line_of_plain_letters(name: str) -> None:
    header = disposition(harmless(name))
    assert header.startswith('attachment; filename="')
    assert header.isascii()
    assert header.isprintable()
    assert header.count('"') == 2


def test_the_header_has_the_whole_name_for_browsers_that_read_it() -> None:
    told = "attachment; filename=\"_t_ 100_.txt\"; filename*=UTF-8''%C3%A9t%C3%A9%20100%25.txt"
    assert disposition("été 100%.txt") == told
