"""Sites that are not ours: other settings, plain themes, no front matter. `deflect init` is all that they need."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from deflect_api import build, config
from deflect_api.web.release import open_release
from deflect_api.writing import initial
from tests.served import Served

PLAIN = {
    "mkdocs.yml": "site_name: 'Widget: the guide'\ntheme: mkdocs\nuse_directory_urls: false\ndocs_dir: source\n",
    "source/index.md": "# Welcome\n\nSee [setup](setup.md#first-steps).\n",
    "source/setup.md": "# Set up\n\n## First steps\n\nPlug the widget in.\n",
    "source/deep/faq.md": "Questions about the gizmo lamp.\n",
}
LANGUAGES = {
    "base.yml": "site_name: Gadget\ntheme: {name: material, language: en}\n",
    "mkdocs.yml": "INHERIT: base.yml\nmarkdown_extensions: [admonition]\nexclude_docs: drafts/\n",
    "docs/index.md": "# Gadget\n",
    "docs/en/repair.md": "# Repair the gadget\n\n!!! note\n    Use the small screwdriver.\n",
    "docs/fr/reparer.md": "---\nlanguage: fr\n---\n# Réparer le gadget\n\nPrenez le petit tournevis.\n",
    "docs/drafts/x.md": "# Not yet\n",
}
Site = Callable[[dict[str, str]], Served]


@pytest.fixture
def site(tmp_path: Path) -> Site:
    def make(files: dict[str, str]) -> Served:
        for name, text in files.items():
            path = tmp_path / "site" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        (tmp_path / "home").mkdir()
        return Served(tmp_path / "home", config=tmp_path / "site" / "support.yml")

    return make


@pytest.mark.parametrize(
    ("files", "asked", "found", "page"),
    [
        (PLAIN, "plug in the widget", "setup.html#first-steps", "setup.html"),
        (PLAIN, "gizmo lamp", "deep/faq.html", "deep/faq.html"),
        (LANGUAGES, "small screwdriver", "en/repair/", "en/repair/index.html"),
        (LANGUAGES, "petits tournevis", "fr/reparer/", "fr/reparer/index.html"),
    ],
)
def test_a_site_of_its_own_is_searched_and_has_the_form(
    site: Site, files: dict[str, str], asked: str, found: str, page: str
) -> None:
    made = site(files)
    folder = made.config.parent
    before = {path for path in folder.rglob("*") if path.is_file()}
    initial.begin(folder / "mkdocs.yml")
    assert {path for path in folder.rglob("*") if path.is_file()} - before == {made.config}
    settings = config.load({"DEFLECT_HOME": str(made.home), "DEFLECT_CONFIG": str(made.config)})
    release = open_release(build.build(settings)[0])
    (product,) = settings.support.products
    assert [one.url for one in release.engine.suggest(asked, product=product, floor=0)][:1] == [found]
    assert release.file(page) is not None
    contact = release.file("support/contact/")
    assert contact is not None
    html = contact.path.read_text(encoding="utf-8")
    assert 'name="happened"' in html
    assert not re.search(r'<select[^>]*name="hub"', html)


def test_init_overwrites_nothing_and_needs_a_site(site: Site) -> None:
    made = site(PLAIN)
    said = made.command("init", "--mkdocs", str(made.config.parent / "mkdocs.yml"))
    assert said.returncode == 0, said.stderr
    kept = made.config.read_bytes()
    assert "already" in made.command("init", "--mkdocs", str(made.config.parent / "mkdocs.yml")).stderr
    assert made.config.read_bytes() == kept
    assert "Run deflect init in the folder of a MkDocs site" in made.command("init", "--mkdocs", "nowhere.yml").stderr


def test_the_checks_work_without_our_front_matter(site: Site) -> None:
    made = site({**PLAIN, "source/broken.md": "# Broken\n\nSee [gone](gone.md).\n"})
    initial.begin(made.config.parent / "mkdocs.yml")
    said = made.command("lint")
    assert said.returncode == 1
    assert [line for line in said.stdout.splitlines() if line.startswith("broken.md")] == [
        "broken.md:3: the link gone.md leads nowhere"
    ]
    (made.config.parent / "source" / "broken.md").unlink()
    assert made.command("lint").returncode == 0
    new = made.command("new", "The widget hums", "--type", "faq")
    assert new.returncode == 0, new.stderr


@pytest.mark.parametrize(
    ("title", "key"),
    [("Widget: the guide", "widget_the_guide"), ("42", "site_42"), ("Other", "site_other"), ("Ünï", "n"), ("帮助", "site")],
)
def test_a_products_word_comes_from_the_title(title: str, key: str) -> None:
    assert initial.key_of(title) == key
    assert yaml.safe_load(initial.text(title, "mkdocs.yml"))["products"] == {key: {"name": title}}
