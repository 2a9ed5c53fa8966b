"""Prints how the site that Zensical builds from our sources differs from the one of MkDocs: pages, and anchors in them.

Run it as `python -m bench.successor` with `zensical` installed beside it. It informs; nothing depends on it."""

import re
import shutil
import subprocess
import sys
import tempfile
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from tests.served import ROOT

SITES = ("mkdocs", "zensical")
_ID = re.compile(r'<h[1-6]\b[^>]*\bid="([^"]+)"')
_ARTICLE = re.compile(r"<article\b.*?</article>", re.S)


def main() -> int:
    try:
        print(f"MkDocs {version('mkdocs')} and Zensical {version('zensical')}\n")
    except PackageNotFoundError:
        print("Zensical is not installed: python -m pip install zensical")
        return 0
    with tempfile.TemporaryDirectory() as folder:
        with_theme = built("zensical", Path(folder, "themed"), plain=False)
        print(f"With our theme: {with_theme or 'builds'}")
        wrong = {name: built(name, Path(folder, name), plain=True) for name in SITES}
        for name, said in wrong.items():
            print(f"With the plain theme, {name}: {said or 'builds'}")
        if not any(wrong.values()):
            compare(*(pages_of(Path(folder, name, "site")) for name in SITES))
    return 0


def built(program: str, folder: Path, *, plain: bool) -> str:
    """Build the site; return what went wrong, or ""."""
    folder.mkdir()
    for name in ("docs", "overrides"):
        shutil.copytree(ROOT / name, folder / name)
    settings = (ROOT / "mkdocs.yml").read_text(encoding="utf-8")
    if plain:
        for page in (folder / "docs").rglob("*.md"):
            page.write_text(re.sub(r"(?m)^template: .*\n", "", page.read_text(encoding="utf-8"), count=1), encoding="utf-8")
        settings = re.sub(r"  custom_dir: overrides\n|  static_templates:\n    - shell.html\n", "", settings)
    (folder / "mkdocs.yml").write_text(settings, encoding="utf-8")
    words = [sys.executable, "-m", program, "build", *(("--quiet",) if program == "mkdocs" else ())]
    done = subprocess.run(words, cwd=folder, capture_output=True, text=True, check=False)
    said = [line for line in (done.stdout + done.stderr).splitlines() if line.strip()]
    return said[-1] if done.returncode and said else ""


def pages_of(site: Path) -> dict[str, list[str]]:
    """The anchors of each page's headings, by its address."""
    found = {}
    for path in sorted(site.rglob("*.html")):
        article = _ARTICLE.search(path.read_text(encoding="utf-8"))
        if article:
            found[path.relative_to(site).as_posix().removesuffix("index.html")] = _ID.findall(article[0])
    return found


def compare(ours: dict[str, list[str]], theirs: dict[str, list[str]]) -> None:
    both = ours.keys() & theirs.keys()
    for title, pages in (("Only MkDocs", ours.keys() - theirs.keys()), ("Only Zensical", theirs.keys() - ours.keys())):
        print(f"{title}: {', '.join(sorted(pages)) or 'no page'}")
    print(f"Pages in both: {len(both)}, with {sum(len(ours[page]) for page in both)} anchors")
    other = [page for page in sorted(both) if ours[page] != theirs[page]]
    print(f"Pages whose anchors differ: {len(other)}")
    for page in other[:20]:
        missing, more = sorted(set(ours[page]) - set(theirs[page])), sorted(set(theirs[page]) - set(ours[page]))
        print(f"  /{page}: MkDocs alone has {missing}, Zensical alone {more}")


if __name__ == "__main__":
    sys.exit(main())
