"""The request form on a bad line and in Lighthouse: prints figures, never passes or fails by the clock. `python -m bench.page`

Chromium is throttled to a slow 3G line (400 kbit/s, 400 ms). Lighthouse is fetched by npx, and left out where there is no npx.
"""

import json
import os
import shutil
import statistics
import subprocess
import time
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from playwright.sync_api import BrowserContext, Page, expect, sync_playwright

from bench import load
from tests.journeys import pages, photos
from tests.journeys.conftest import CHROMIUMS, FLAGS

KBIT_PER_SECOND, DELAY_MS = 400, 400
RUNS = 5
LIGHTHOUSE = "lighthouse@12.8.2"
CATEGORIES = ("performance", "accessibility", "best-practices", "seo")


def chromium() -> str:
    found = next(filter(None, map(shutil.which, CHROMIUMS)), None)
    if found is None:
        raise SystemExit("No Chromium here. Run `make browser`.")
    return found


def slow_page(context: BrowserContext, *, delay: int = DELAY_MS, kbit: int = KBIT_PER_SECOND) -> Page:
    """Open a page at the end of a slow line."""
    page = context.new_page()
    line = context.new_cdp_session(page)
    line.send("Network.enable")
    speed = kbit * 1000 / 8
    conditions = {"offline": False, "latency": delay, "downloadThroughput": speed, "uploadThroughput": speed}
    line.send("Network.emulateNetworkConditions", conditions)
    return page


def until_typing(page: Page) -> float:
    """Open the form and return the seconds until its first field has taken a letter."""
    began = time.perf_counter()
    page.goto(pages.CONTACT, wait_until="commit", timeout=120_000)
    pages.subject(page).press_sequentially("a", timeout=120_000)
    expect(pages.subject(page)).to_have_value("a", timeout=120_000)
    return time.perf_counter() - began


def until_sent(page: Page, size: int = 0) -> float:
    """Fill the form in, with a photo where asked, send it, and return the seconds until its number shows."""
    expect.set_options(timeout=120_000)
    pages.describe(page)
    pages.email(page).fill("bench@example.org")
    if size:
        photos.add(page, photos.upload("photo.png", photos.png(1, size, size)[0]))
    expect(pages.beside(page).locator("details").first).to_be_visible()
    began = time.perf_counter()
    pages.send(page)
    pages.number_on(page)
    return time.perf_counter() - began


def measure(url: str) -> None:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=FLAGS)
        first, second, words, photo = [], [], [], []
        for _ in range(RUNS):
            context = browser.new_context(base_url=url, locale="en-GB", viewport={"width": 360, "height": 640})
            page = slow_page(context)
            first.append(until_typing(page))
            words.append(until_sent(page))
            page.close()
            page = slow_page(context)
            second.append(until_typing(page))
            photo.append(until_sent(page, 180))
            context.close()
        browser.close()
    print(f"Slow 3G ({KBIT_PER_SECOND} kbit/s, {DELAY_MS} ms), median of {RUNS}, seconds")
    for name, spent in (
        ("first visit until the first field takes a letter", first),
        ("second visit", second),
        ("send, words alone", words),
        ("send with a photo of 97 KB", photo),
    ):
        print(f"  {name:<52}{statistics.median(spent):>7.2f}   (worst {max(spent):.2f})")


def lighthouse(url: str) -> dict[str, Any]:
    """Run Lighthouse once, as on a phone, and return its report."""
    with TemporaryDirectory(prefix="lighthouse-") as folder:
        report = Path(folder) / "report.json"
        command = ["npx", "--yes", LIGHTHOUSE, url, "--quiet", "--output=json", f"--output-path={report}", "--form-factor=mobile"]
        flags = "--chrome-flags=--headless=new --no-sandbox --disable-gpu"
        subprocess.run([*command, flags], cwd=folder, env={**os.environ, "CHROME_PATH": chromium()}, check=True)
        read: dict[str, Any] = json.loads(report.read_text(encoding="utf-8"))
        return read


def judge(name: str, url: str) -> None:
    reports = [lighthouse(url) for _ in range(RUNS)]
    scores = {key: statistics.median(report["categories"][key]["score"] * 100 for report in reports) for key in CATEGORIES}
    print(f"{LIGHTHOUSE}, mobile, median of {RUNS}: {name}")
    for key, score in scores.items():
        print(f"  {key:<52}{score:>7.0f}")
    for found in faults(reports[-1]):
        print(f"  not full marks: {found}")


def faults(report: dict[str, Any]) -> list[str]:
    weighty = {part["id"] for key in CATEGORIES for part in report["categories"][key]["auditRefs"] if part["weight"]}
    return [
        f"{audit['id']}: {audit['title']} {audit.get('displayValue', '')}".strip()
        for audit in report["audits"].values()
        if audit["id"] in weighty and audit["score"] is not None and audit["score"] < 1
    ]


def main() -> None:
    with load.installation() as served:
        measure(served.url)
        if shutil.which("npx") is None:
            print("No npx here, so no Lighthouse.")
            return
        judge("request form", served.url + pages.CONTACT)
        judge("home", served.url + pages.HOME)
        judge("an article", served.url + pages.ARTICLE)


if __name__ == "__main__":
    main()
