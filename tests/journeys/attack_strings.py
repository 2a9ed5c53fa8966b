"""Strings that attack pages, and an oracle that sees whether one ran: what pages do to people is judged by a real browser.

The strings are public lists that lie beside the repository; where they are absent there is nothing to try.
"""

import json
import os

from playwright.sync_api import BrowserContext, Error, Page, Request

from tests.conftest import SHARED

FOLDER = SHARED / "xss"

# Every way in which a script makes itself known is watched, and everything on the page that could start one is poked.
WATCH = """(() => {
  const ran = [];
  Object.defineProperty(window, "__ran", { value: ran });
  for (const name of ["alert", "prompt", "confirm", "print"]) {
    Object.defineProperty(window, name, { value: () => { ran.push(name); return null; }, configurable: false });
  }
})()"""
POKE = """async () => {
  const kinds = `mouseover mouseenter mousemove mousedown mouseup mouseout pointerenter pointerover pointerdown focus focusin
    blur keydown keypress keyup input change select toggle copy cut paste drag dragstart dragover drop wheel scroll contextmenu
    dblclick animationstart animationend transitionend touchstart beforeinput hashchange pageshow resize load error begin end
    start finish bounce`.split(/\\s+/);
  for (const node of document.querySelectorAll("*")) {
    const inline = [...node.attributes].some(({ name }) => name.startsWith("on"));
    if (inline) for (const kind of kinds) node.dispatchEvent(new Event(kind, { bubbles: false }));
    if (inline && node.click) node.click();
    const leads = ["href", "action", "formaction", "xlink:href", "src", "data"].map((name) => node.getAttribute(name) || "");
    const runs = leads.find((to) => /^[\\x00-\\x20]*j[\\s]*a[\\s]*v[\\s]*a[\\s]*s/i.test(to));
    if (runs && node.tagName !== "IFRAME") location.href = runs;
  }
  await new Promise((done) => setTimeout(done, 20));
  return window.__ran;
}"""


def strings(each: int) -> list[str]:
    """One in `each` of the attack strings; all of them where EVERY=1 asks for it. Empty where the lists are absent."""
    if not FOLDER.is_dir():
        return []
    listed = (FOLDER / "payloads.txt").read_text(encoding="utf-8", errors="replace").splitlines()
    naughty = json.loads((FOLDER / "naughty-strings.json").read_text(encoding="utf-8"))
    whole = list(dict.fromkeys(text for text in [*listed, *naughty] if text.strip("\x00 \t\r\n")))
    return whole if os.environ.get("EVERY") else whole[::each]


def watch(context: BrowserContext, origin: str) -> list[str]:
    """Watch every page of `context`; the list will hold what they ask of other places."""
    asked: list[str] = []

    def note(request: Request) -> None:
        if not request.url.startswith((origin, "data:", "blob:", "about:")):
            asked.append(request.url)

    context.add_init_script(WATCH)
    context.on("request", note)
    return asked


def ran(page: Page, asked: list[str]) -> list[str]:
    """Poke everything on a page, and return what ran or was asked of other places since the last look."""
    try:
        found: list[str] = page.evaluate(POKE) + asked
    except Error as error:
        if "navigation" not in str(error):
            raise
        found = ["left the page"]
    asked.clear()
    return found


def unsafe(text: str) -> str:
    """A page as nobody should build one: the control that shows how many of the strings can run at all."""
    return (
        f"<!doctype html><title>x</title><body><div>{text}</div><input value=\"{text}\"><input value='{text}'>"
        f'<a href="{text}">link</a><script>var one = "{text}";</script><script>var two = \'{text}\';</script></body>'
    )


def shape(page: Page, html: str) -> set[str]:
    """The kinds of elements in a document, each with the names of its attributes: words may differ, this may not."""
    found: list[str] = page.evaluate(
        """html => [...new DOMParser().parseFromString(html, "text/html").querySelectorAll("*")].map((node) =>
             node.tagName + " " + [...node.attributes].map(({ name }) => name).sort().join(" "))""",
        html,
    )
    return set(found)
