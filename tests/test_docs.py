"""Documentation is tested: what the code offers is named on its page, and what the pages name exists.

Each failure lists what is missing or wrong, and where it belongs.
"""

import inspect
import os
import re
from collections.abc import Iterator
from datetime import time
from fnmatch import fnmatch
from functools import cache
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any, Literal, get_args, get_origin

import click
import pytest
from markdown.extensions.toc import slugify
from pydantic import BaseModel
from pydantic.fields import FieldInfo

from deflect_api import cli, config, connectors, errors
from deflect_api.app import create_app
from deflect_api.config import support
from deflect_api.delivery import outbox
from deflect_api.desk.people import access, audit
from deflect_api.intake import deflection, helpful, tickets
from deflect_api.store import uploads
from deflect_api.store.db import Database
from deflect_api.web import answers, schemas
from deflect_api.web.requests import helping

ROOT = Path(__file__).parent.parent
TEAM = ROOT / "docs" / "team"
LINKED = sorted([*ROOT.glob("*.md"), *TEAM.glob("*.md")])
FOREIGN = {
    "a path of one machine": re.compile(rb"(?<![\w.:/>-])/(?:work|root|home|Users)/\w"),
    "the address of a package registry": re.compile(rb"(?:pypi|pythonhosted)\.org|registry\.npmjs|deb\.debian\.org"),
}


@cache
def page(name: str) -> str:
    return (TEAM / f"{name}.md").read_text(encoding="utf-8")


def unnamed(names: list[str], where: str) -> list[str]:
    """List those that the page does not have in code style."""
    return [name for name in names if f"`{name}`" not in where]


# What the code offers.


def settings_of(annotation: Any, path: str) -> Iterator[tuple[str, FieldInfo | None]]:
    """Walk the models of support.yml: each path with its field; `*` is a key or an entry of a list."""
    if inspect.isclass(annotation) and issubclass(annotation, BaseModel):
        for name, field in annotation.model_fields.items():
            deeper = f"{path}.{name}" if path else name
            if not (inspect.isclass(field.annotation) and issubclass(field.annotation, BaseModel)):
                yield deeper, field
            yield from settings_of(field.annotation, deeper)
    elif get_origin(annotation) is dict and get_args(annotation)[1] != support.Setting:
        if get_origin(get_args(annotation)[0]) is Literal:  # the keys are not free, so they are settings themselves
            yield f"{path}.*", None
        yield from settings_of(get_args(annotation)[1], f"{path}.*")
    elif get_origin(annotation) is tuple and get_args(annotation)[1:] == (...,):
        yield from settings_of(get_args(annotation)[0], f"{path}.*")


def default_of(field: FieldInfo | None) -> str:
    """Say a default as the page does."""
    if field is None or field.is_required():
        return "required"
    value = field.get_default(call_default_factory=True)
    if isinstance(value, bool):
        return f"`{str(value).lower()}`"
    if value is None or value in ("", (), {}):
        return "none"
    if isinstance(value, tuple):
        return f"`{', '.join(value)}`"
    return f"`{value:%H:%M}`" if isinstance(value, time) else f"`{value}`"


def commands_of(command: click.Command, name: str) -> Iterator[tuple[str, click.Command]]:
    yield name, command
    if isinstance(command, click.Group):
        context = click.Context(command)
        for part in command.list_commands(context):
            if below := command.get_command(context, part):
                yield from commands_of(below, f"{name} {part}")


def words_of(parameter: click.Parameter) -> list[str]:
    return list(parameter.opts) if isinstance(parameter, click.Option) else [str(parameter.name).upper()]


@pytest.fixture
def rules(tmp_path: Path) -> list[str]:
    """Every route as "METHOD address"."""
    settings = config.load({"DEFLECT_HOME": str(tmp_path), "DEFLECT_CONFIG": str(ROOT / "support.yml")})
    database = Database(f"sqlite:///{tmp_path / 'docs.db'}")
    app = create_app(settings, database)
    database.close()
    every = [(method, rule.rule) for rule in app.url_map.iter_rules() for method in rule.methods or ()]
    return [f"{method} {address}" for method, address in every if method not in ("HEAD", "OPTIONS")]


def test_every_setting_is_documented_with_its_default() -> None:
    rows = dict(re.findall(r"^\| `([a-z0-9_.*]+)` \| (.*?) \|", page("settings"), re.M))
    found = {name: default_of(field) for name, field in settings_of(support.Support, "")}
    missing = [name for name in found if name not in rows]
    assert not missing, f"docs/team/settings.md lacks {missing}"
    wrong = {name: default for name, default in found.items() if rows[name] != default}
    assert not wrong, f"docs/team/settings.md should give these defaults: {wrong}"
    extra = [name for name in rows if name.partition(".")[0] in support.Support.model_fields and name not in found]
    assert not extra, f"docs/team/settings.md names {extra}, which support.yml may not hold"


def test_every_environment_variable_is_documented() -> None:
    missing = unnamed(list(config.ENVIRONMENT), page("settings"))
    assert not missing, f"docs/team/settings.md lacks {missing}"


def test_every_command_and_option_is_documented() -> None:
    sections = dict(re.findall(r"^## (deflect.*?)\n(.*?)(?=^## |\Z)", page("commands"), re.M | re.S))
    found = dict(commands_of(cli.main, "deflect"))
    missing = [name for name in found if name not in sections and f"`{name}`" not in page("commands")]
    assert not missing, f"docs/team/commands.md lacks a section for {missing}"
    for name, command in found.items():
        unsaid = unnamed([word for parameter in command.params for word in words_of(parameter)], sections.get(name, ""))
        assert not unsaid, f"docs/team/commands.md lacks {unsaid} under {name}"
    extra = set(sections) - set(found)
    assert not extra, f"docs/team/commands.md describes {sorted(extra)}, which is no command"


def test_the_endpoints_on_the_page_are_the_ones_there_are(rules: list[str]) -> None:
    missing = unnamed(rules, page("api"))
    assert not missing, f"docs/team/api.md lacks {missing}"
    extra = set(re.findall(r"`((?:GET|POST|PUT|PATCH|DELETE) /[^`]*)`", page("api"))) - set(rules)
    assert not extra, f"docs/team/api.md describes {sorted(extra)}, which is no route"


@pytest.mark.parametrize("schema", [schemas.TicketIn, schemas.SuggestIn, schemas.EventIn])
def test_every_field_of_the_api_is_documented(schema: type[BaseModel]) -> None:
    address = {schemas.TicketIn: "tickets", schemas.SuggestIn: "suggest", schemas.EventIn: "events"}[schema]
    section = page("api").partition(f"\n## POST /api/v1/{address}\n")[2].partition("\n## ")[0]
    found = {name: field.is_required() for name, field in schema.model_fields.items()}
    rows = dict(re.findall(r"^\| `(\w+)` \| (\S+)", section, re.M))
    missing = [name for name in found if name not in rows]
    assert not missing, f"docs/team/api.md lacks {missing} under {address}"
    wrong = [name for name, required in found.items() if required != (rows[name] == "required")]
    assert not wrong, f"docs/team/api.md is wrong about whether {wrong} are required"


def test_every_error_of_the_api_is_documented() -> None:
    ours = {kind.code: code for kind, code in answers.STATUS.items()} | {"search_first": 422, "key_reused": 422, "defect": 500}
    assert {kind.code for kind in errors.InputError.__subclasses__()} <= set(ours)
    foreign = {code: status for status, (code, _) in answers.HTTP_TEXTS.items()}
    missing = [code for code, status in (ours | foreign).items() if f"| {status} | `{code}` |" not in page("api")]
    assert not missing, f"docs/team/api.md lacks the errors {missing}"


def test_every_name_that_fills_in_the_form_by_its_address_is_documented() -> None:
    assert unnamed([*helping.PLAIN, *helping.DEVICE_NAMES], page("link-to-the-form")) == []


def test_every_connector_and_its_settings_are_documented() -> None:
    sections = dict(re.findall(r"^## (\S+)\n(.*?)(?=^## |\Z)", page("connectors"), re.M | re.S))
    for entry in entry_points(group=connectors.GROUP):
        assert entry.name in sections, f"docs/team/connectors.md lacks a section for {entry.name}"
        settings = [name for name in inspect.signature(entry.load()).parameters if name not in connectors.OURS]
        missing = unnamed(settings, sections[entry.name])
        assert not missing, f"docs/team/connectors.md lacks {missing} under {entry.name}"


def test_every_stored_word_is_in_the_vocabulary() -> None:
    kinds = (support.Type, support.Working, support.Affected, support.NeededBy, support.Severity, support.Priority, schemas.Event)
    words = [word for kind in kinds for word in get_args(kind)]
    words += [*tickets.STATUSES, deflection.SUBMITTED, deflection.CONFIRMED, deflection.UNCONFIRMED, schemas.OTHER]
    words += [helpful.YES, helpful.NO, *helpful.REASONS, *uploads.STATES, *outbox.OPEN, outbox.DELIVERED, outbox.WAITING]
    known = config.read_support(ROOT / "support.yml", {})
    missing = unnamed([*words, *known.products, *known.hubs], page("words"))
    assert not missing, f"docs/team/words.md lacks {missing}"


@pytest.mark.parametrize("name", ["desk", "access"])
def test_the_pages_on_the_desk_name_labels_that_the_desk_has(name: str) -> None:
    shown = "\n".join(path.read_text(encoding="utf-8") for path in (ROOT / "deflect_api/web/templates/desk").glob("*.html"))
    wrong = [label for label in re.findall(r"\*\*([^*]+)\*\*", page(name)) if f'_("{label}")' not in shown]
    assert not wrong, f"docs/team/{name}.md names {wrong}, which no page of the desk shows"


def test_every_event_of_the_audit_log_and_every_scope_is_documented() -> None:
    missing = unnamed([*audit.EVENTS, *access.SCOPES], page("access"))
    assert not missing, f"docs/team/access.md lacks {missing}"


# What the pages name.


def targets_made() -> set[str]:
    return set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.M))


def targets_called_in(name: str) -> list[str]:
    return re.findall(r"^[ \t]*make ([a-z-]+)\b", (ROOT / name).read_text(encoding="utf-8"), re.M)


def test_the_readmes_commands_are_the_ones_that_ci_runs() -> None:
    readme, run_by_ci = targets_called_in("README.md"), targets_called_in(".ci/run")
    assert readme == ["run", "test"], "README.md has two commands: make run and make test"
    assert "test" in run_by_ci, ".ci/run should run make test"
    extra = set(run_by_ci) - set(readme)
    assert not extra, f".ci/run runs {sorted(extra)}, which README.md does not tell"


def test_every_make_target_that_is_told_exists() -> None:
    told = {target for path in LINKED for target in re.findall(r"(?:`|^)make ([a-z-]+)", path.read_text("utf-8"), re.M)}
    assert not told - targets_made(), f"the documents tell {sorted(told - targets_made())}, which the Makefile lacks"


def anchors_of(path: Path) -> set[str]:
    text = re.sub(r"^```.*?^```", "", path.read_text(encoding="utf-8"), flags=re.M | re.S)
    return {slugify(heading.replace("`", ""), "-") for heading in re.findall(r"^#{1,6} (.+)$", text, re.M)}


def broken_links(path: Path) -> list[str]:
    text = re.sub(r"^```.*?^```|`[^`\n]*`", "", path.read_text(encoding="utf-8"), flags=re.M | re.S)
    broken = []
    for link in re.findall(r"\]\(([^)\s]+)\)", text):
        file, _, anchor = link.partition("#")
        target = path.parent / file if file else path
        if re.match(r"[a-z]+:", link):
            continue
        if not target.is_file() or (anchor and anchor not in anchors_of(target)):
            broken.append(link)
    return broken


@pytest.mark.parametrize("path", LINKED, ids=lambda path: path.name)
def test_every_relative_link_resolves(path: Path) -> None:
    broken = broken_links(path)
    assert not broken, f"{path.relative_to(ROOT)} links to {broken}"


def test_the_teams_pages_are_never_suggested() -> None:
    suggested = [path.name for path in TEAM.glob("*.md") if "\nsearch:\n  exclude: true\n" not in path.read_text("utf-8")]
    assert not suggested, f"these lack `search: {{exclude: true}}` in their front matter: {suggested}"


def files_of_the_repository() -> Iterator[Path]:
    ignored = [".git", *(ROOT / ".gitignore").read_text(encoding="utf-8").replace("/", "").split()]
    for folder, folders, names in os.walk(ROOT):
        folders[:] = [name for name in folders if not any(fnmatch(name, pattern) for pattern in ignored)]
        yield from (Path(folder, name) for name in names if name != ".git")  # a file in a worktree


@pytest.mark.parametrize(("what", "pattern"), FOREIGN.items(), ids=["machine", "registry"])
def test_no_file_knows_where_it_was_made(what: str, pattern: re.Pattern[bytes]) -> None:
    files = list(files_of_the_repository())
    assert ROOT / "README.md" in files
    found = {str(path.relative_to(ROOT)): hit[0].decode() for path in files if (hit := pattern.search(path.read_bytes()))}
    assert not found, f"these hold {what}: {found}"
