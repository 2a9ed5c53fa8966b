"""mkdocs.yml -> what the sources alone do not say: Markdown extensions, page addresses, navigation, language.

It follows MkDocs without importing it, so that an index can be built where only Markdown is installed."""

import importlib
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.parse import quote

import yaml

from search.errors import DocsError

MARKDOWN_SUFFIXES = (".markdown", ".mdown", ".mkdn", ".mkd", ".md")
_ALWAYS_ON = ("toc", "tables", "fenced_code")


@dataclass(frozen=True)
class Named:
    """A `!!python/name:` or `!!python/object/apply:` tag, looked up only when a Markdown extension needs it."""

    path: str
    called: bool = False
    args: tuple[Any, ...] = ()
    kwargs: Mapping[str, Any] = field(default_factory=dict)

    def resolve(self) -> Any:
        module, _, name = self.path.rpartition(".")
        found = getattr(importlib.import_module(module), name)
        return found(*self.args, **self.kwargs) if self.called else found


@dataclass
class RelativeDir(os.PathLike[str]):
    """A `!relative` tag: a folder beside the page being read, the docs or the configuration."""

    value: str
    folders: dict[str, str]

    def __fspath__(self) -> str:
        head, _, tail = self.value.partition("/")
        return os.path.join(self.folders[head], tail)  # noqa: PTH118  __fspath__ must answer with a str

    __str__ = __fspath__


@dataclass(frozen=True)
class Site:
    """The settings of one site. `folders` names the folder of the page being read, for `!relative`."""

    config_file: Path
    docs_dir: Path
    use_directory_urls: bool
    language: str
    extensions: tuple[str, ...]
    extension_configs: dict[str, dict[str, Any]]
    nav: Any
    hidden: Any
    folders: dict[str, str]

    @property
    def permalink_class(self) -> str:
        """The class of the links that the `toc` extension adds to headings."""
        configs = (self.extension_configs.get(name, {}) for name in ("toc", "markdown.extensions.toc"))
        return next((str(c["permalink_class"]) for c in configs if "permalink_class" in c), "headerlink")


def read_site(config_file: Path) -> Site:
    """Read mkdocs.yml and the files it inherits from. Raises DocsError."""
    folders = {"": "", "$config_dir": str(config_file.parent.resolve()), "$docs_dir": ""}
    settings = _load(config_file, folders)
    docs_dir = config_file.parent / str(settings.get("docs_dir") or "docs")
    if not docs_dir.is_dir():
        raise DocsError(f"{config_file}: docs_dir is {docs_dir}, and there is no such folder")
    folders["$docs_dir"] = str(docs_dir.resolve())
    theme = settings.get("theme")
    language = theme.get("language") or theme.get("locale") if isinstance(theme, dict) else None
    extensions, configs = _extensions(settings.get("markdown_extensions") or (), config_file)
    return Site(
        config_file=config_file,
        docs_dir=docs_dir,
        use_directory_urls=settings.get("use_directory_urls", True) is not False,
        language=str(language or "en"),
        extensions=extensions,
        extension_configs=configs,
        nav=settings.get("nav"),
        hidden=_hidden(settings, config_file),
        folders=folders,
    )


def read_settings(config_file: Path) -> dict[str, Any]:
    """All settings of mkdocs.yml and the files it inherits from, as they are written. Raises DocsError."""
    return _load(config_file, {"": "", "$config_dir": str(config_file.parent.resolve()), "$docs_dir": ""})


def page_files(site: Site) -> list[str]:
    """Every page's path below docs_dir with forward slashes, an index or README before its neighbours."""
    found: list[str] = []
    for folder, folders, files in os.walk(site.docs_dir, followlinks=True):
        folders.sort()
        below = PurePosixPath(Path(folder).relative_to(site.docs_dir).as_posix())
        pages = [str(below / name) for name in files if name.endswith(MARKDOWN_SUFFIXES)]
        found += _without_shadowed(sorted((page for page in pages if not _is_hidden(site, page)), key=_index_first))
    return found


def page_url(site: Site, page: str) -> str:
    """The address of a page relative to the site's root; the home page is ""."""
    path = PurePosixPath(page)
    name = "index" if path.stem == "README" else path.stem
    if not site.use_directory_urls:
        return quote(str(path.with_name(f"{name}.html")))
    folder = path.parent if name == "index" else path.with_name(name)
    return "" if str(folder) == "." else quote(f"{folder}/")


def nav_places(nav: Any, above: tuple[str, ...] = ()) -> Iterator[tuple[str, str | None, tuple[str, ...]]]:
    """Each page of the navigation: its path, the title given there if any, the titles above it."""
    if isinstance(nav, str):
        yield nav, None, above
    elif isinstance(nav, list):
        for item in nav:
            yield from nav_places(item, above)
    elif isinstance(nav, dict):
        for title, value in nav.items():
            if isinstance(value, str):
                yield value, str(title), above
            else:
                yield from nav_places(value, (*above, str(title)))


def title_of_name(name: str) -> str:
    """What MkDocs calls a file or folder that has no title of its own."""
    title = name.replace("-", " ").replace("_", " ")
    return title.capitalize() if title.lower() == title else title


def _load(config_file: Path, folders: dict[str, str]) -> dict[str, Any]:
    try:
        loaded = yaml.load(config_file.read_text("utf-8-sig"), Loader=_loader(folders))  # noqa: S506  a SafeLoader
    except OSError as error:
        raise DocsError(f"{config_file}: cannot be read ({error.strerror})") from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise DocsError(f"{config_file}: not readable as YAML: {error}") from error
    settings = loaded if isinstance(loaded, dict) else {}
    parent = settings.pop("INHERIT", None)
    return _merged(_load(config_file.parent / str(parent), folders), settings) if parent else settings


def _merged(below: dict[str, Any], above: dict[str, Any]) -> dict[str, Any]:
    both = {k: _merged(below[k], v) for k, v in above.items() if isinstance(v, dict) and isinstance(below.get(k), dict)}
    return below | above | both


def _loader(folders: dict[str, str]) -> type[yaml.SafeLoader]:
    class Loader(yaml.SafeLoader):
        pass

    Loader.add_multi_constructor("tag:yaml.org,2002:python/", _python_tag)
    Loader.add_constructor("!ENV", _env_tag)
    Loader.add_constructor("!relative", lambda _, node: RelativeDir(str(node.value), folders))
    Loader.add_multi_constructor("!", lambda _loader, _suffix, _node: None)
    return Loader


def _python_tag(loader: yaml.SafeLoader, suffix: str, node: yaml.Node) -> Any:
    kind, _, path = suffix.partition(":")
    if kind == "name":
        return Named(path)
    if not kind.startswith("object"):
        return None
    if isinstance(node, yaml.SequenceNode):
        return Named(path, True, tuple(loader.construct_sequence(node, deep=True)))
    given = loader.construct_mapping(node, deep=True) if isinstance(node, yaml.MappingNode) else {}
    return Named(path, True, tuple(given.get("args") or ()), given.get("kwds") or {})


def _env_tag(_: yaml.SafeLoader, node: yaml.Node) -> Any:
    names = [str(part.value) for part in node.value] if isinstance(node, yaml.SequenceNode) else [str(node.value)]
    fallback = names.pop() if len(names) > 1 else None
    raw = next((os.environ[name] for name in names if name in os.environ), fallback)
    return yaml.safe_load(raw) if raw else raw


def _extensions(listed: Any, config_file: Path) -> tuple[tuple[str, ...], dict[str, dict[str, Any]]]:
    if isinstance(listed, Mapping):
        listed = [{name: config} for name, config in listed.items()]
    names, configs = list(_ALWAYS_ON), {}
    for item in listed:
        name, config = next(iter(item.items())) if isinstance(item, dict) else (str(item), None)
        if name not in names:
            names.append(name)
        if config:
            try:
                configs[name] = _resolved(config)
            except (ImportError, AttributeError, TypeError, ValueError) as error:
                raise DocsError(f"{config_file}: the settings of Markdown extension {name}: {error}") from error
    return tuple(names), configs


def _resolved(value: Any) -> Any:
    if isinstance(value, Named):
        return value.resolve()
    if isinstance(value, dict):
        return {key: _resolved(item) for key, item in value.items()}
    return [_resolved(item) for item in value] if isinstance(value, list) else value


def _hidden(settings: Mapping[str, Any], config_file: Path) -> Any:
    patterns = "\n".join(str(settings.get(key) or "") for key in ("exclude_docs", "draft_docs")).strip()
    if not patterns:
        return None
    try:
        spec = importlib.import_module("pathspec.gitignore")
    except ImportError as error:
        raise DocsError(f"{config_file}: exclude_docs and draft_docs need the package pathspec") from error
    return spec.GitIgnoreSpec.from_lines([".*", "/templates/", *patterns.splitlines()])


def _is_hidden(site: Site, page: str) -> bool:
    parts = PurePosixPath(page).parts
    if site.hidden is not None:
        return bool(site.hidden.match_file(page))
    return (parts[0] == "templates" and len(parts) > 1) or any(part.startswith(".") for part in parts)


def _index_first(page: str) -> tuple[bool, bool, str]:
    path = PurePosixPath(page)
    return path.stem not in ("index", "README"), path.stem != "index", path.name


def _without_shadowed(pages: list[str]) -> list[str]:
    has_index = any(PurePosixPath(page).stem == "index" for page in pages)
    return [page for page in pages if not (has_index and PurePosixPath(page).stem == "README")]
