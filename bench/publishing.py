"""Prints what readers meet while a writer pushes again and again: failed requests, and suggestions that lead nowhere.

Run it as `python -m bench.publishing [pushes] [requests per second] [ours]`; by default 50 and 50, on a small site; `ours`
takes our own docs. Each push really goes through a
bare repository and its hook: pages are edited, headings renamed, pages added, renamed with a redirect, and taken away."""

import json
import re
import shutil
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.request
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import unquote, urlencode, urljoin

from tests.served import ROOT, Served
from tests.sites import BATTERY
from tests.test_publishing import Writer

READERS = 10
TOPICS = ("antenna", "bridge", "canal", "drill", "engine", "filter", "gauge", "hose", "inlet", "jack")


@dataclass
class Tally:
    """What the readers met."""

    statuses: Counter[int] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)
    led: int = 0
    switched: int = 0


def main() -> int:
    words = [word for word in sys.argv[1:] if word != "ours"]
    pushes, pace = (int(word) for word in (*words, "50", "50")[:2])
    with tempfile.TemporaryDirectory() as folder:
        writer = prepared(Path(folder), ours="ours" in sys.argv)
        tally, stop = Tally(), threading.Event()
        readers = [
            threading.Thread(target=read_on, args=(writer.served.url, pace / READERS, tally, stop)) for _ in range(READERS)
        ]
        for reader in readers:
            reader.start()
        started = time.perf_counter()
        failed = [said for number in range(1, pushes + 1) if "release" not in (said := edit_and_push(writer, number))]
        spent = time.perf_counter() - started
        stop.set()
        for reader in readers:
            reader.join()
        writer.served.stop()
    report(tally, spent, pushes, failed)
    return 1 if failed or tally.wrong else 0


def report(tally: Tally, spent: float, pushes: int, failed: list[str]) -> None:
    asked = sum(tally.statuses.values())
    print(f"{'pushes':40}{pushes} in {spent:.0f} s, {len(failed)} not published")
    print(f"{'requests':40}{asked}, {asked / spent:.0f} a second: {dict(tally.statuses)}")
    print(f"{'suggestions followed to page and anchor':40}{tally.led} ({tally.switched} more met a switch in between)")
    print(f"{'wrong':40}{len(tally.wrong)}")
    for wrong in (*failed[:3], *tally.wrong[:10]):
        print(f"    {wrong.strip()[:300]}")


def prepared(folder: Path, *, ours: bool) -> Writer:
    (folder / "home").mkdir()
    served = Served(folder / "home", config=folder / "support.yml")
    writer = Writer(folder, served)
    if ours:
        shutil.copytree(ROOT / "docs", writer.clone / "docs", dirs_exist_ok=True)
        (writer.page("battery")).unlink()
    (writer.clone / "support.yml").rename(served.config)
    writer.hook()
    for topic in TOPICS:
        writer.page(topic).write_text(article(topic, 0), encoding="utf-8")
    said = writer.push()
    if "Published" not in said.stderr:
        raise SystemExit(said.stderr)
    served.start()
    return writer


def article(topic: str, number: int) -> str:
    text = BATTERY.replace("battery", topic).replace("does not start", f"shows {topic}").replace("no power", f"a {topic} fault")
    return f"{text}\n## Part {number} of the {topic}\n\nThe {topic} of round {number} turns.\n"


def edit_and_push(writer: Writer, number: int) -> str:
    """One push of a round of four: an edit with a new heading, a new page, a rename with its redirect, a page taken away."""
    topic = TOPICS[number % len(TOPICS)]
    step, extra, other = number % 4, writer.page("extra"), writer.page("moved")
    redirects = writer.clone / "redirects.yml"
    writer.page(topic).write_text(article(topic, number), encoding="utf-8")
    if step == 1:
        redirects.unlink(missing_ok=True)
        extra.write_text(article("extra", number), encoding="utf-8")
    if step == 2:
        extra.rename(other)
        redirects.write_text("flow/extra.md: flow/moved.md\n", encoding="utf-8")
    if step == 3:
        other.unlink()
        redirects.write_text(f"flow/extra.md: flow/{topic}.md\nflow/moved.md: flow/{topic}.md\n", encoding="utf-8")
    return writer.push(f"round {number}").stderr


def read_on(url: str, pace: float, tally: Tally, stop: threading.Event) -> None:
    """Ask for suggestions, follow them, read pages and what they are made of, at a steady pace."""
    due, number = time.monotonic(), 0
    while not stop.is_set():
        topic = TOPICS[number // 2 % len(TOPICS)]
        due += 2 / pace  # two requests each
        stop.wait(max(0.0, due - time.monotonic()))
        if number % 2:
            follow(url, topic, tally)
        else:
            look(url, f"flow/{topic}/", tally)
        number += 1


def follow(url: str, topic: str, tally: Tally) -> None:
    first = suggested(url, f"the {topic} shows a fault and part of the {topic}", tally)
    if first is None:
        return
    if not first["suggestions"]:
        tally.wrong.append(f"nothing is suggested for {topic}")
        return
    target = first["suggestions"][0]["url"]
    page, _, anchor = target.partition("#")
    status, text = get(f"{url}/{page}", tally)
    if status == 200 and (not anchor or f'id="{unquote(anchor)}"' in text):
        tally.led += 1
        return
    again = suggested(url, topic, tally)
    if again and again["index"] != first["index"]:
        tally.switched += 1
    else:
        tally.wrong.append(f"a suggestion led to {target}: {status}")


def look(url: str, page: str, tally: Tally) -> None:
    status, text = get(f"{url}/{page}", tally)
    style = re.search(r'href="([^"]*help\.[0-9a-f]{8}\.css)"', text)
    if status == 200 and style is None:
        tally.wrong.append(f"{page} is broken")
    if style is not None:
        get(urljoin(f"{url}/{page}", style[1]), tally)


def suggested(url: str, text: str, tally: Tally) -> dict[str, object] | None:
    status, told = get(f"{url}/api/v1/suggest", tally, text=text, product="flow", session="reader")
    return json.loads(told) if status == 200 else None


def get(url: str, tally: Tally, **form: str) -> tuple[int, str]:
    try:
        with urllib.request.urlopen(url, data=urlencode(form).encode() if form else None, timeout=30) as answer:
            status, text = answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        status, text = error.code, ""
    except OSError as error:
        status, text = 0, str(error)
    tally.statuses[status] += 1
    if status != 200:
        tally.wrong.append(f"{status} {url} {text}")
    return status, text


if __name__ == "__main__":
    sys.exit(main())
