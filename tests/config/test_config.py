"""Settings: every mistake is answered with its line and its mend, and the secret is made once."""

import json
import os
import re
import stat
import subprocess
import sys
from contextlib import ExitStack
from datetime import time
from pathlib import Path

import pytest

from deflect_api import config
from deflect_api.config.support import SEVERITY_OF
from deflect_api.errors import ConfigError
from tests.conftest import ROOT

SMALL = """\
products:
  flow: {name: Flow}
hubs: [Asia]
priorities:
  critical: {one: [urgent, urgent, high], several: [urgent, urgent, high], everyone: [urgent, urgent, urgent]}
  significant: {one: [high, normal, normal], several: [high, high, normal], everyone: [urgent, high, high]}
  minor: {one: [normal, normal, low], several: [normal, normal, normal], everyone: [high, normal, normal]}
  low: {one: [low, low, low], several: [low, low, low], everyone: [normal, low, low]}
"""
MADE_LINES = SMALL.count("\n")

ONE_HOME = """
import sys
from pathlib import Path
from deflect_api import config
print("ready", flush=True)
sys.stdin.readline()
for number in range(30):
    made = config.load({"DEFLECT_HOME": f"{sys.argv[1]}/{number}", "DEFLECT_CONFIG": sys.argv[2]})
    print(made.secret)
"""


def read(tmp_path: Path, text: str | bytes, **environ: str) -> config.Support:
    path = tmp_path / "support.yml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return config.read_support(path, environ)


def refusal(tmp_path: Path, text: str | bytes, **environ: str) -> str:
    with pytest.raises(ConfigError) as refused:
        read(tmp_path, text, **environ)
    return refused.value.detail


def load(tmp_path: Path, **environ: str) -> config.Settings:
    return config.load({"DEFLECT_HOME": str(tmp_path / "home"), "DEFLECT_CONFIG": str(ROOT / "support.yml"), **environ})


def test_the_repositorys_own_settings_are_right() -> None:
    support = config.read_support(ROOT / "support.yml", {})
    assert set(support.products) == {"flow", "rsr", "lumen"}
    assert support.hubs == ("East-Africa", "West-Africa", "Europe", "Asia", "Americas", "South-East Asia and Pacific")
    assert set(support.priorities) == set(SEVERITY_OF.values())
    assert (support.calendar.opens, support.calendar.closes, support.calendar.reply_days) == (time(9), time(17), 1)


def test_a_file_with_the_least_in_it_is_enough(tmp_path: Path) -> None:
    support = read(tmp_path, SMALL)
    assert (support.desk.connector, support.mail.transport) == ("builtin", "folder")


@pytest.mark.parametrize(
    ("written", "opens", "closes"),
    [("opens: 10:00\n  closes: 18:30", time(10), time(18, 30)), ("opens: '9:00'\n  closes: \"17:05\"", time(9), time(17, 5))],
)
def test_times_are_times_with_and_without_quotes(tmp_path: Path, written: str, opens: time, closes: time) -> None:
    calendar = read(tmp_path, f"{SMALL}calendar:\n  {written}\n").calendar
    assert (calendar.opens, calendar.closes) == (opens, closes)


def test_texts_that_look_like_dates_stay_texts(tmp_path: Path) -> None:
    assert read(tmp_path, SMALL + "portal: {title: 2026-99-99}\ncontact: {team: 12:30}\n").contact.team == "12:30"


@pytest.mark.parametrize(
    ("added", "line", "mend"),
    [
        ("colour: red\n", 1, r"colour is not a setting\. Check its spelling"),
        ("mail:\n  transport: folder\n  sendr: a@example.org\n", 3, r"mail\.sendr is not a setting"),
        ("calendar:\n  reply_days: soon\n", 2, r"calendar\.reply_days: Input should be a valid number"),
        ("calendar:\n  reply_days: 0\n", 2, r"calendar\.reply_days: Input should be greater than 0"),
        ("calendar:\n  timezone: Africa/Nowhere\n", 2, r"time zone is not known\. Use a name such as Africa/Nairobi"),
        ("calendar:\n  days: [mon, funday]\n", 2, r"calendar\.days\.1: Input should be 'mon'"),
        ("calendar:\n  opens: '17:00'\n  closes: '09:00'\n", 2, r"`opens` must be before `closes`"),
        ("calendar:\n  days: []\n", 2, r"at least one day must be worked"),
        ("calendar:\n  opens: 600\n", 2, r"calendar\.opens: write hours and minutes, such as 09:00"),
        ("calendar:\n  opens: '09:00Z'\n", 2, r"calendar\.opens: write hours and minutes, such as 09:00"),
        ("calendar:\n  closes: '17:00:30'\n", 2, r"calendar\.closes: write hours and minutes, such as 09:00"),
        ("calendar:\n  closes: '25:00'\n", 2, r"calendar\.closes: "),
        ("mail:\n  transport: pigeon\n", 2, r"mail\.transport: Input should be 'folder' or 'smtp'"),
        ("mail:\n  port: 70000\n", 2, r"mail\.port: Input should be less than or equal to 65535"),
        ("mail:\n  sender: Akvo support <support@example.org>\n", 2, r"mail\.sender: write the bare address"),
        ("mail:\n  sender: support\n", 2, r"mail\.sender: write the bare address"),
        ("desk: builtin\n", 1, r"desk: Input should be a valid dictionary"),
        ("desk:\n  mails: everybody\n", 2, r"desk\.mails: Input should be 'us' or 'desk'"),
        ("web:\n  trusted_proxies: -1\n", 2, r"web\.trusted_proxies: "),
        ("limits:\n  suggest_waited: 0\n", 2, r"limits\.suggest_waited: Input should be greater than or equal to 0\.1"),
        ("limits:\n  suggest_waited: 61\n", 2, r"limits\.suggest_waited: Input should be less than or equal to 60"),
        ("limits:\n  suggest_waited: .nan\n", 2, r"limits\.suggest_waited: "),
        ("retention:\n  deliveries: 3\n", 2, r"retention\.deliveries: keep them for 7 days or more"),
        ("portal:\n  popularity:\n    weight: 2\n", 3, r"portal\.popularity\.weight: Input should be less than or equal to 1"),
        ("portal:\n  popularity:\n    people: 2\n", 3, r"portal\.popularity\.people: Input should be greater than or equal to 3"),
        ("portal:\n  popularity:\n    days: 0\n", 3, r"portal\.popularity\.days: Input should be greater than or equal to 1"),
        ("portal:\n  popularity: true\n", 2, r"portal\.popularity: Input should be a valid dictionary"),
        ("portal:\n\n  # a comment\n  title: [a list]\n", 4, r"portal\.title: Input should be a valid string"),
    ],
)
def test_a_mistake_is_told_with_its_line_and_its_mend(tmp_path: Path, added: str, line: int, mend: str) -> None:
    told = refusal(tmp_path, SMALL + added)
    assert re.search(rf"support\.yml:{MADE_LINES + line}: .*{mend}.*\.$", told), told


@pytest.mark.parametrize(
    ("before", "after", "line", "mend"),
    [
        ("products:\n  flow:", "products:\n  other:", 2, r'"other" always exists'),
        ("  flow: {name: Flow}", "  Flow: {name: Flow}", 2, r"products\.Flow"),
        ("  flow: {name: Flow}", "  flow: {}", 2, r"products\.flow\.name is missing\. Add it"),
        ("  low: {one:", "  tiny: {one:", 8, r"priorities\.tiny"),
        ("  low: {one: [low, low, low],", "  low: {one: [low, low],", 8, r"priorities\.low\.one\.2 is missing"),
        (
            "  low: {one: [low, low, low],",
            "  low: {one: [low, low, lowest],",
            8,
            r"priorities\.low\.one\.2: Input should be 'urgent'",
        ),
        ("  low: {one: [low, low, low], ", "  low: {", 5, r"the row low lacks one\. Add \[today, this week, no date\]"),
    ],
)
def test_a_mistake_in_what_must_be_there_is_told_too(tmp_path: Path, before: str, after: str, line: int, mend: str) -> None:
    assert before in SMALL
    told = refusal(tmp_path, SMALL.replace(before, after))
    assert any(re.search(rf"support\.yml:{line}: .*{mend}", one) for one in told.splitlines()), told


def test_every_mistake_is_told_at_once(tmp_path: Path) -> None:
    told = refusal(tmp_path, SMALL + "colour: red\nmail:\n  port: never\n")
    assert [line.split(": ")[0].rpartition(":")[2] for line in told.splitlines()] == [str(MADE_LINES + 1), str(MADE_LINES + 3)]


@pytest.mark.parametrize(
    ("broken", "line"),
    [
        (SMALL + 'contact: {email: "a@example.org"\n', MADE_LINES + 2),
        (SMALL + "contact:\n\temail: a@example.org\n", MADE_LINES + 2),
        (SMALL + 'portal:\n  title: "never closed\n', MADE_LINES + 3),
        (SMALL + "portal: *nobody\n", MADE_LINES + 1),
        (SMALL + "portal: !!python/object:os.system {}\n", MADE_LINES + 1),
        (SMALL + "portal: {title: \x07bell}\n", MADE_LINES + 1),
        (SMALL + "hubs: [Europe]\n", MADE_LINES + 1),
    ],
    ids=["bracket", "tab", "quote", "alias", "object", "control", "twice"],
)
def test_what_is_not_yaml_is_told_with_its_line(tmp_path: Path, broken: str, line: int) -> None:
    told = refusal(tmp_path, broken)
    assert re.search(rf"support\.yml:{line}: ", told), told
    assert told.endswith(".")


def test_what_is_not_utf_8_is_told_with_its_line(tmp_path: Path) -> None:
    told = refusal(tmp_path, SMALL.encode() + "contact:\n  team: Équipe\n".encode("latin-1"))
    assert f"support.yml:{MADE_LINES + 2}: " in told
    assert "Save the file as UTF-8." in told


@pytest.mark.parametrize("text", ["", "# only a comment\n", "- a\n- list\n", "just words\n", "7\n"])
def test_a_file_without_blocks_is_told(tmp_path: Path, text: str) -> None:
    assert "support.yml:1: " in refusal(tmp_path, text)


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="does not exist"):
        config.read_support(tmp_path / "nowhere.yml", {})
    with pytest.raises(ConfigError, match="cannot be read"):
        config.read_support(tmp_path, {})


def test_a_variable_is_filled_in_from_the_environment(tmp_path: Path) -> None:
    text = SMALL + "mail:\n  password: ${SMTP_PASSWORD}\n  port: ${SMTP_PORT}\ndesk:\n  settings: {url: 'https://${HOST}/x'}\n"
    support = read(tmp_path, text, SMTP_PASSWORD="p$w", SMTP_PORT="587", HOST="desk.example.org")
    assert (support.mail.password, support.mail.port) == ("p$w", 587)
    assert support.desk.settings == {"url": "https://desk.example.org/x"}


def test_what_a_variable_holds_is_taken_as_it_is(tmp_path: Path) -> None:
    text = SMALL + "mail: {password: '${A}'}\n"
    for secret in ("${B}", "a: b # c", "{'", "yes", "007", "\\"):
        assert read(tmp_path, text, A=secret).mail.password == secret


def test_a_variable_that_is_not_set_is_told_with_its_line(tmp_path: Path) -> None:
    told = refusal(tmp_path, SMALL + "mail:\n  username: desk\n  password: ${SMTP_PASSWORD}\n")
    assert re.search(rf"support\.yml:{MADE_LINES + 3}: .*SMTP_PASSWORD is not set\. Set it in the environment", told), told
    told = refusal(tmp_path, SMALL + "web:\n  allowed_origins:\n    - https://a.example\n    - ${ORIGIN}\n")
    assert f"support.yml:{MADE_LINES + 4}: " in told


def test_a_mistake_beside_a_secret_does_not_repeat_the_secret(tmp_path: Path) -> None:
    told = refusal(
        tmp_path, SMALL + "mail:\n  port: ${SECRET}\n  starttls: ${SECRET}\n  transport: ${SECRET}\n", SECRET="hunter2"
    )
    assert "hunter2" not in told
    assert len(told.splitlines()) == 3


@pytest.mark.parametrize("port", ["0", "65536", "-1", "80.0", "eighty", " 80", "٨٠", "1" * 5000, "0x50"])
def test_a_port_that_is_none_is_refused(tmp_path: Path, port: str) -> None:
    with pytest.raises(ConfigError, match=r"PORT .* from 1 to 65535"):
        load(tmp_path, PORT=port)


def test_ports_and_hosts_become_the_public_address_unless_it_is_set(tmp_path: Path) -> None:
    assert load(tmp_path).url == "http://127.0.0.1:8000"
    assert load(tmp_path, PORT="65535", HOST="0.0.0.0").url == "http://127.0.0.1:65535"
    assert load(tmp_path, PORT="1", HOST="::1").url == "http://[::1]:1"
    assert load(tmp_path, DEFLECT_URL="https://help.example.org/").url == "https://help.example.org"


def test_an_empty_variable_counts_as_not_set(tmp_path: Path) -> None:
    empty = dict.fromkeys(["DEFLECT_DATABASE", "DEFLECT_URL", "DEFLECT_SECRET", "HOST", "PORT"], "")
    settings = load(tmp_path, **empty)
    assert (settings.host, settings.port) == ("127.0.0.1", 8000)
    assert settings.database == f"sqlite:///{tmp_path / 'home' / 'deflect.db'}"
    assert settings.secret


def test_a_home_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "home").write_text("a file")
    with pytest.raises(ConfigError, match="DEFLECT_HOME"):
        load(tmp_path)


def test_the_secret_is_made_once_for_its_owner_alone_and_used_again(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        first = load(tmp_path).secret
    finally:
        os.umask(before)
    file = tmp_path / "home" / "secrets.json"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert len(first) >= 32
    assert load(tmp_path).secret == first
    assert [path.name for path in file.parent.iterdir()] == ["secrets.json"]


def test_a_secret_from_the_environment_is_used_and_none_is_made(tmp_path: Path) -> None:
    assert load(tmp_path, DEFLECT_SECRET="given").secret == "given"
    assert list((tmp_path / "home").iterdir()) == []


def test_homes_have_secrets_of_their_own(tmp_path: Path) -> None:
    assert load(tmp_path / "one").secret != load(tmp_path / "two").secret


@pytest.mark.parametrize("content", ["", "{", "[]", "null", "7", "{}", '{"secret": ""}', '{"secret": null}', '{"secret": 5}'])
def test_a_damaged_secret_is_told_and_never_replaced(tmp_path: Path, content: str) -> None:
    file = tmp_path / "home" / "secrets.json"
    file.parent.mkdir()
    file.write_text(content)
    with pytest.raises(ConfigError, match=r"secrets\.json cannot be read\. Restore it from a backup"):
        load(tmp_path)
    assert file.read_text() == content


def test_processes_that_start_at_once_share_one_secret(tmp_path: Path) -> None:
    (tmp_path / "support.yml").write_text(SMALL)
    command = [sys.executable, "-c", ONE_HOME, str(tmp_path), str(tmp_path / "support.yml")]
    with ExitStack() as running:
        started = [
            running.enter_context(subprocess.Popen(command, cwd=ROOT, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE))
            for _ in range(2)
        ]
        for process in started:
            assert process.stdout is not None
            assert process.stdout.readline() == "ready\n"
        for process in started:
            assert process.stdin is not None
            process.stdin.write("go\n")
            process.stdin.flush()
        told = [process.communicate(timeout=60)[0].split() for process in started]
    assert told[0] == told[1]
    assert len(set(told[0])) == 30
    kept = [json.loads((tmp_path / str(number) / "secrets.json").read_text())["secret"] for number in range(30)]
    assert kept == told[0]
