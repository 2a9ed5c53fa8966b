"""synonyms.yml -> words that mean the same to those who ask about a product. Writers edit these files; git reviews them.

One stands in a product's folder, and one for all products may stand in the docs folder itself."""

from collections.abc import Collection, Mapping
from pathlib import Path

import yaml

from search import analysis
from search.errors import DocsError
from search.site import read_site

FILE = "synonyms.yml"
ALL = ""
Synonyms = Mapping[str, Mapping[str, tuple[str, ...]]]
"""Product ("" for all) -> folded word -> other folded words."""


def read_synonyms(config_file: Path, *, products: Collection[str] = ()) -> Synonyms:
    """Read the docs folder's synonyms.yml and those of the products. Raises DocsError that names file and entry."""
    docs_dir = read_site(Path(config_file)).docs_dir
    paths = {ALL: docs_dir / FILE, **{product: docs_dir / product / FILE for product in products}}
    return {product: _read(path) for product, path in paths.items() if path.is_file()}


def _read(path: Path) -> Mapping[str, tuple[str, ...]]:
    try:
        groups = yaml.safe_load(path.read_text("utf-8-sig")) or []
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise DocsError(f"{path}: not readable as YAML: {error}") from error
    if not isinstance(groups, list):
        raise DocsError(f"{path}: write a list of groups, such as - [photo, picture]")
    found: dict[str, dict[str, None]] = {}
    for group in groups:
        words = _words(path, group)
        for word in words:
            found.setdefault(word, {}).update(dict.fromkeys(other for other in words if other != word))
    return {word: tuple(others) for word, others in sorted(found.items())}


def _words(path: Path, group: object) -> list[str]:
    if not isinstance(group, list) or len(group) < 2:
        raise DocsError(f"{path}: {group!r} is no group; write two words or more, such as [photo, picture]")
    folded = [analysis.words(str(word)) for word in group]
    wrong = [word for word, found in zip(group, folded, strict=True) if len(found) != 1]
    if wrong:
        raise DocsError(f"{path}: {wrong[0]!r} is not one word; the search compares word by word")
    return [found[0] for found in folded]
