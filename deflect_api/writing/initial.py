"""Begin on any MkDocs site: one support.yml with what nobody else can know left to choose, and nothing else."""

import re
from importlib.resources import files
from pathlib import Path

import yaml

from deflect_api.errors import ConfigError
from search import DocsError
from search.site import read_settings

NAME = "support.yml"


def begin(mkdocs: Path) -> Path:
    """Write support.yml beside mkdocs.yml. Raises ConfigError when there is one, or no site."""
    target = mkdocs.parent / NAME
    try:
        title = str(read_settings(mkdocs).get("site_name") or "Help")
    except DocsError as error:
        raise ConfigError(f"{error}. Run deflect init in the folder of a MkDocs site, or name its settings file.") from None
    try:
        with target.open("x", encoding="utf-8") as file:
            file.write(text(title, mkdocs.name))
    except FileExistsError:
        raise ConfigError(f"There is a {target} already. It was left as it is.") from None
    return target


def text(title: str, mkdocs: str) -> str:
    """The whole file, for a site of this title."""
    template = files("deflect_api.writing").joinpath("templates", NAME).read_text("utf-8")
    values = {
        "title": yaml.safe_dump(title, allow_unicode=True, width=10_000).splitlines()[0],
        "mkdocs": mkdocs,
        "key": key_of(title),
    }
    for name, value in values.items():
        template = template.replace(f"[[{name}]]", value)
    return template


def key_of(title: str) -> str:
    """A product's word: small letters, digits and _, never one that means something else."""
    words = re.sub(r"[^a-z0-9]+", "_", title.lower()).strip("_")[:40].strip("_")
    return words if re.match(r"[a-z]", words) and words != "other" else f"site_{words}".strip("_")
