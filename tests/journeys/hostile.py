"""Attack strings, and how to tell in a real browser that one of them ran.

A string has run when it called a dialog, reached another address, broke the page's policy, or left an element that can act.
"""

from playwright.sync_api import Frame

from tests.journeys import attack_strings

EACH = 12

LISTEN = """(() => {
  window.fired = [];
  for (const name of ["alert", "prompt", "confirm", "print", "open"]) window[name] = () => { window.fired.push(name); };
  document.addEventListener("securitypolicyviolation", (event) => {
    window.fired.push(`policy: ${event.violatedDirective} ${event.blockedURI}`);
  });
})();"""

POKE = """() => {
  const acts = (node) => [...node.attributes].some(({ name, value }) =>
    name.startsWith("on") || /^\\s*(javascript|data|vbscript):/i.test(value.replace(/[\\x00-\\x20]/g, "")));
  const touched = [...document.querySelectorAll("*")].filter(acts);
  for (const node of touched) {
    for (const kind of ["mouseover", "mouseenter", "mousemove", "mousedown", "mouseup", "mouseout", "click", "dblclick",
      "contextmenu", "focus", "blur", "input", "keydown", "keypress", "keyup", "copy", "cut", "paste", "drag", "wheel",
      "scroll", "toggle",
      "pointerenter", "animationstart", "transitionend"]) {
      try { node.dispatchEvent(new Event(kind, { bubbles: true })); } catch { /* this one cannot */ }
    }
    if (/^\\s*javascript:/i.test(node.getAttribute("href") || "")) { try { node.click(); } catch { /* nothing to click */ } }
  }
  return touched.map((node) => node.outerHTML.slice(0, 120));
}"""

FOREIGN = """(known) => [...document.querySelectorAll("*")].filter((node) => !known.includes(node.localName)
  || (node.localName === "script" && node.getAttribute("src") !== "/desk/desk.js" && !node.src.includes("/assets/")
      && node.type !== "application/json"))
  .map((node) => node.outerHTML.slice(0, 120))"""


def strings() -> list[str]:
    """The attack strings as our texts can hold them: one in EACH, or every one (see attack_strings)."""
    whole = dict.fromkeys(text.replace("\x00", "") for text in attack_strings.strings(EACH))
    return list(whole)


def control(some: list[str]) -> str:
    """A page that is unsafe on purpose: each string is HTML in a frame of its own."""
    frames = "".join(f'<iframe srcdoc="{text.replace("&", "&amp;").replace(chr(34), "&quot;")}"></iframe>' for text in some)
    return f"<!doctype html><title>unsafe on purpose</title>{frames}"


def ran_in(frame: Frame) -> list[str]:
    """Touch what could act in a frame, and say what ran."""
    frame.evaluate(POKE)
    fired: list[str] = frame.evaluate("window.fired")
    return fired


def can_act(frame: Frame, known: list[str]) -> list[str]:
    """List the elements of a page of ours that could act and that no page of ours has."""
    touched: list[str] = frame.evaluate(POKE)
    foreign: list[str] = frame.evaluate(FOREIGN, known)
    return touched + foreign
