"""Settings: read once from the environment and support.yml, frozen, and passed in. Nothing below reads the environment."""

import json
import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from deflect_api.config import lines
from deflect_api.config.support import Support
from deflect_api.errors import ConfigError

ENVIRONMENT = {
    "DEFLECT_HOME": "Folder of everything the service writes: database, releases, mail, secrets. Default: var.",
    "DEFLECT_CONFIG": "The settings file. Default: support.yml.",
    "DEFLECT_DATABASE": "Database address. Default: SQLite in DEFLECT_HOME; for PostgreSQL: postgresql+psycopg://user@host/name.",
    "DEFLECT_URL": "Public address of portal and service, used in mails and in the portal's own links. Default: http://127.0.0.1:PORT.",
    "DEFLECT_SECRET": "Key that signs receipts and links. Default: made once and kept in DEFLECT_HOME/secrets.json (mode 0600).",
    "HOST": "Address to listen on. Default: 127.0.0.1.",
    "PORT": "Port to listen on. Default: 8000.",
}


@dataclass(frozen=True)
class Settings:
    """All a running service knows about its surroundings."""

    home: Path
    config: Path
    database: str
    url: str
    site_url: str
    secret: str
    host: str
    port: int
    support: Support
    sources: Path | None = None  # where the site's sources are, when they are not beside the settings file

    @property
    def mail_folder(self) -> Path:
        return self.home / "mail"

    @property
    def files_folder(self) -> Path:
        return self.home / "files"

    @property
    def mkdocs(self) -> Path:
        return (self.sources or self.config.parent) / self.support.portal.mkdocs


def load(environ: Mapping[str, str]) -> Settings:
    """Read the environment and the settings file. Raises ConfigError."""
    home = Path(environ.get("DEFLECT_HOME") or "var").resolve()
    config = Path(environ.get("DEFLECT_CONFIG") or "support.yml").resolve()
    host, port = environ.get("HOST") or "127.0.0.1", _port(environ.get("PORT") or "8000")
    support = read_support(config, environ)
    try:
        home.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise ConfigError(f"DEFLECT_HOME: {home} cannot be made: {error.strerror}. Choose another folder.") from None
    return Settings(
        home=home,
        config=config,
        database=environ.get("DEFLECT_DATABASE") or f"sqlite:///{home / 'deflect.db'}",
        url=(environ.get("DEFLECT_URL") or f"http://{_in_url(host)}:{port}").rstrip("/"),
        site_url=(environ.get("DEFLECT_URL") or "http://127.0.0.1:8000").rstrip("/") + "/",
        secret=environ.get("DEFLECT_SECRET") or _kept_secret(home / "secrets.json"),
        host=host,
        port=port,
        support=support,
    )


def read_support(path: Path, environ: Mapping[str, str]) -> Support:
    """Read and check a settings file. Raises ConfigError that names the line and the mend."""
    data, node = lines.load(path)
    if not isinstance(data, dict):
        raise ConfigError(f"{path}:1: the file should hold blocks such as `products:`. Start from the one in the repository.")
    try:
        return Support.model_validate(lines.fill_in(data, environ, path=path, node=node))
    except ValidationError as error:
        found = sorted((lines.line_of(node, e["loc"]), _told(e)) for e in error.errors())
        raise ConfigError("\n".join(f"{path}:{line}: {told}" for line, told in found)) from None


def _told(error: Any) -> str:
    where = ".".join(str(step) for step in error["loc"])
    if error["type"] == "extra_forbidden":
        return f"{where} is not a setting. Check its spelling against docs/team/settings.md, or remove the line."
    if error["type"] == "missing":
        return f"{where} is missing. Add it."
    return f"{where}: {error['msg'].removeprefix('Value error, ')}."


def _port(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= 5 and 0 < int(text) < 65536):
        raise ConfigError(f"PORT is {text!r}; it should be a number from 1 to 65535.")
    return int(text)


def _in_url(host: str) -> str:
    if host in ("0.0.0.0", "::"):  # noqa: S104 - compared, not bound
        return "127.0.0.1"
    return f"[{host}]" if ":" in host else host


def _kept_secret(path: Path) -> str:
    if path.exists():
        return _read_secret(path)
    draft = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    with open(draft, "x", encoding="utf-8", opener=_private) as file:
        json.dump({"secret": secrets.token_urlsafe(32)}, file)
        file.flush()
        os.fsync(file.fileno())
    try:
        os.link(draft, path)
    except FileExistsError:  # another process made it first
        pass
    finally:
        draft.unlink()
    return _read_secret(path)


def _read_secret(path: Path) -> str:
    try:
        secret = json.loads(path.read_text(encoding="utf-8"))["secret"]
    except (OSError, ValueError, KeyError, TypeError):
        secret = None
    if not secret or not isinstance(secret, str):
        raise ConfigError(f"{path} cannot be read. Restore it from a backup; without it, links in mails stop working.")
    return secret


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)
