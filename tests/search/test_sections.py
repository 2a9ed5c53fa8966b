"""Reading a docs folder: what an article is, where its sections begin, what is left out and what goes wrong."""

import dataclasses
from pathlib import Path

import pytest

from search import Article, DocsError, Section, read_docs
from tests.search.conftest import Write


def read(config: Path, **how: object) -> dict[str, Article]:
    return {article.path: article for article in read_docs(config, **how)}  # type: ignore[arg-type]


def one(write: Write, text: str, config: str = "site_name: x\n") -> Article:
    write("docs/page.md", text)
    return read(write("mkdocs.yml", config))["page.md"]


def test_a_section_is_frozen_and_needs_only_article_url_title_and_text() -> None:
    section = Section(article="a/", url="a/#b", title="A", text="Text")
    assert (section.product, section.heading, section.keywords, section.language) == ("", "", (), "en")
    with pytest.raises(dataclasses.FrozenInstanceError):
        section.title = "B"  # type: ignore[misc]


def test_a_page_is_split_at_its_headings_and_each_part_has_its_own_address(site: Path) -> None:
    article = read(site)["pear/lost-harvest.md"]
    assert [(s.heading, s.url) for s in article.sections] == [
        ("", "pear/lost-harvest/"),
        ("Check the connection", "pear/lost-harvest/#check-the-connection"),
        ("Messages", "pear/lost-harvest/#messages"),
    ]
    assert article.sections[0].text == "Wait for a connection. The app sends each harvest on its own."


def test_a_message_in_code_style_stays_word_for_word(site: Path) -> None:
    text = read(site)["pear/lost-harvest.md"].sections[2].text
    assert "Basket sync failed: code 4711, ask the warden" in text


def test_front_matter_gives_title_description_keywords_and_questions(site: Path) -> None:
    article = read(site)["pear/lost-harvest.md"]
    assert article.title == "My harvest does not reach the barn"
    assert article.description == "A harvest waits on the phone until it has a connection."
    assert article.keywords == ("crop vanished", "upload")
    assert article.questions == ("harvest not arriving", "where did my crops go")


def test_a_question_with_a_comma_is_one_question(site: Path) -> None:
    assert read(site)["pear/weigh-fruit.md"].questions == ("how do i use the scale, and where?",)


def test_a_single_question_needs_no_list(write: Write) -> None:
    assert one(write, "---\nquestions: why, and when?\n---\nText.\n").questions == ("why, and when?",)


def test_questions_are_not_part_of_any_section(sections: list[Section]) -> None:
    assert not [section for section in sections if "where did my crops go" in f"{section.text} {section.keywords}"]


def test_the_first_folder_is_the_product_only_when_it_is_one(site: Path) -> None:
    articles = read(site, products=("pear",))
    assert articles["pear/weigh-fruit.md"].product == "pear"
    assert articles["plum/prune.md"].product == ""
    assert articles["index.md"].product == ""


def test_pages_are_left_out_by_their_front_matter_and_by_prefix(site: Path) -> None:
    assert "hidden.md" not in read(site)
    assert "team/secret.md" in read(site)
    assert "team/secret.md" not in read(site, exclude=("team/",))


def test_a_page_without_headings_or_front_matter_is_one_section(write: Write) -> None:
    article = one(write, "Only a sentence.\n")
    assert [(s.url, s.heading, s.text) for s in article.sections] == [("page/", "", "Only a sentence.")]
    assert article.title == "Page"


def test_an_empty_page_is_one_empty_section(write: Write) -> None:
    assert [section.text for section in one(write, "").sections] == [""]


def test_the_title_is_the_metas_before_the_headings_before_the_file_names(write: Write) -> None:
    assert one(write, "---\ntitle: From meta\n---\n# From heading\n").title == "From meta"
    assert one(write, "# From *heading* `now`\n").title == "From heading now"
    assert one(write, "Text, then\n\n# a heading\n").title == "Page"


def test_a_title_heading_begins_no_section_of_its_own(write: Write) -> None:
    article = one(write, "# The title\n\nLead.\n\n## Part\n\nMore.\n")
    assert [(s.url, s.heading, s.text) for s in article.sections] == [
        ("page/", "", "Lead."),
        ("page/#part", "Part", "More."),
    ]


@pytest.mark.parametrize(
    ("directories", "urls"),
    [
        ("true", {"": "index.md", "a/": "a/README.md", "a/b/": "a/b.md", "gr%C3%BCn/": "grün.md"}),
        ("false", {"index.html": "index.md", "a/index.html": "a/README.md", "a/b.html": "a/b.md"}),
    ],
)
def test_addresses_follow_use_directory_urls(write: Write, directories: str, urls: dict[str, str]) -> None:
    for path in urls.values():
        write(f"docs/{path}", "Text\n")
    config = write("mkdocs.yml", f"site_name: x\nuse_directory_urls: {directories}\n")
    assert {article.url: article.path for article in read_docs(config)} == urls


def test_a_readme_beside_an_index_is_no_page(write: Write) -> None:
    write("docs/README.md", "Read me")
    write("docs/index.md", "Index")
    assert list(read(write("mkdocs.yml", "site_name: x"))) == ["index.md"]


def test_docs_dir_and_an_inherited_configuration_are_honoured(write: Write) -> None:
    write("texts/page.md", "Text\n")
    write("base.yml", "docs_dir: texts\ntheme: {language: pt-BR, name: material}\n")
    article = read(write("mkdocs.yml", "INHERIT: base.yml\ntheme: {name: mkdocs}\n"))["page.md"]
    assert article.language == "pt-BR"


def test_excluded_and_draft_docs_and_dot_files_are_no_pages(write: Write) -> None:
    for name in ("page.md", "old/page.md", "draft.md", ".hidden/page.md", "templates/page.md"):
        write(f"docs/{name}", "Text")
    config = "site_name: x\nexclude_docs: |\n  old/\ndraft_docs: draft.md\n"
    assert list(read(write("mkdocs.yml", "site_name: x"))) == ["draft.md", "page.md", "old/page.md"]
    assert list(read(write("mkdocs.yml", config))) == ["page.md"]


def test_a_breadcrumb_is_the_way_through_the_navigation(write: Write) -> None:
    config = "nav:\n  - Home: index.md\n  - Flow:\n      - Build a form:\n          - Short: a/page.md\n"
    write("docs/index.md", "Text")
    write("docs/a/page.md", "Text")
    articles = read(write("mkdocs.yml", config))
    assert articles["a/page.md"].breadcrumb == "Flow › Build a form"
    assert articles["a/page.md"].title == "Short"
    assert articles["index.md"].breadcrumb == ""


def test_without_navigation_the_breadcrumb_names_the_folders(site: Path, write: Write) -> None:
    write("docs/pear/early-days/first.md", "Text")
    articles = read(site)
    assert articles["pear/early-days/first.md"].breadcrumb == "Pear › Early days"
    assert articles["pear/index.md"].breadcrumb == ""


def test_visible_text_only_and_cells_apart(write: Write) -> None:
    text = (
        "A ![the map](m.png) here<script>alert('x')</script><style>p {}</style>\n\n"
        "<div hidden>never</div>\n\n| Field | Format |\n|---|---|\n| IMEI | 15 digits |\n\nHalf**way** there.\n"
    )
    section = one(write, text).sections[0]
    assert section.text == "A the map here\nField\tFormat\nIMEI\t15 digits\nHalfway there."


def test_entities_and_angle_brackets_become_the_characters_people_see(write: Write) -> None:
    assert one(write, "`<instance>` &amp; 1 &lt; 2\n").sections[0].text == "<instance> & 1 < 2"


def test_permalinks_and_footnote_marks_are_no_part_of_a_heading(write: Write) -> None:
    config = "markdown_extensions:\n  - footnotes\n  - toc: {permalink: '¶ link', permalink_class: 'anchor'}\n"
    article = one(write, "## Part[^1]\n\nText.\n\n[^1]: Note.\n", config)
    assert article.sections[1].heading == "Part"
    assert "↩" not in article.sections[1].text


def test_a_raw_heading_without_an_id_does_not_begin_a_section(write: Write) -> None:
    article = one(write, "Lead.\n\n<h2>Raw</h2>\n\nText.\n")
    assert [section.text for section in article.sections] == ["Lead.\nRaw\nText."]


def test_environment_and_unknown_tags_are_tolerated(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ORCHARD_DOCS", "texts")
    write("texts/page.md", "Text")
    config = "docs_dir: !ENV [NOT_SET, ORCHARD_DOCS, docs]\nplugins: !strange {a: b}\nhooks: !!python/name:no.such.name\n"
    assert list(read(write("mkdocs.yml", config))) == ["page.md"]


def test_snippets_are_found_relative_to_the_configuration(write: Write) -> None:
    write("parts/note.txt", "From a snippet.")
    config = "markdown_extensions:\n  - pymdownx.snippets: {base_path: [!relative $config_dir/parts]}\n"
    assert one(write, '--8<-- "note.txt"\n', config).sections[0].text == "From a snippet."


def test_an_extension_that_cannot_be_imported_is_named(write: Write) -> None:
    with pytest.raises(DocsError, match=r"mkdocs\.yml.*no_such_extension"):
        one(write, "Text", "markdown_extensions: [no_such_extension]\n")


def test_an_extension_setting_that_cannot_be_imported_is_named(write: Write) -> None:
    with pytest.raises(DocsError, match=r"mkdocs\.yml.*toc.*no_such_module"):
        one(write, "Text", "markdown_extensions:\n  - toc: {slugify: !!python/name:no_such_module.slug }\n")


def test_a_file_that_is_not_utf_8_is_named(site: Path) -> None:
    (site.parent / "docs" / "pear" / "bad.md").write_bytes(b"caf\xe9")
    with pytest.raises(DocsError, match=r"bad\.md: not UTF-8 at byte 3"):
        read_docs(site)


@pytest.mark.parametrize("config", ["docs_dir: nowhere\n", "a: [b\n"])
def test_a_broken_configuration_is_named(write: Write, config: str) -> None:
    with pytest.raises(DocsError, match=r"mkdocs\.yml"):
        read_docs(write("mkdocs.yml", config))


def test_a_missing_configuration_is_named(tmp_path: Path) -> None:
    with pytest.raises(DocsError, match=r"mkdocs\.yml"):
        read_docs(tmp_path / "mkdocs.yml")


@pytest.mark.parametrize(
    "text", ["---\n- a list\n---\nText.\n", "---\na: [b\n---\nText.\n", "---\nno end\n", "Key: value\n\nText.\n", "---"]
)
def test_strange_front_matter_never_stops_the_reading(write: Write, text: str) -> None:
    assert one(write, text).url == "page/"


def test_windows_line_ends_and_a_byte_order_mark_do_no_harm(write: Write, tmp_path: Path) -> None:
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs/page.md").write_bytes("\ufeff---\r\ntitle: T\r\n---\r\n## A\r\n\r\nB\r\n".encode())
    article = read(write("mkdocs.yml", "site_name: x"))["page.md"]
    assert (article.title, article.sections[1].heading, article.sections[1].text) == ("T", "A", "B")
