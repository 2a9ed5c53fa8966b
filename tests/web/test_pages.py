"""The portal's files and the service's pages: compressed, cached, protected, and nothing that the release does not list."""

import re

import pytest

from tests.conftest import ROOT, Desk

PAGES = ["/", "/flow/", "/flow/form-not-in-app/", "/support/contact/", "/search/", "/desk/", "/nowhere/"]


@pytest.mark.parametrize("address", PAGES)
def test_every_page_is_protected(desk: Desk, address: str) -> None:
    headers = desk.client.get(address).headers
    policy = headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "no-referrer"


@pytest.mark.parametrize("address", PAGES)
def test_no_page_asks_a_third_party_for_anything(desk: Desk, address: str) -> None:
    html = desk.client.get(address).text
    loaded = re.findall(r"<(?:script|img|iframe|source|link)\b[^>]*?(?:src|href)=\"([^\"]+)\"[^>]*>", html)
    foreign = [link for link in loaded if re.match(r"(https?:)?//", link) and not link.startswith("http://127.0.0.1")]
    assert foreign == []


@pytest.mark.parametrize("address", PAGES)
def test_no_page_uses_inline_handlers_or_style_attributes(desk: Desk, address: str) -> None:
    html = re.sub(r"<script\b.*?</script>", "", desk.client.get(address).text, flags=re.S)
    assert re.findall(r"<[^>]+\s(?:on[a-z]+|style)=\"[^\"]*\"", html) == []


def test_a_page_is_sent_zipped_and_not_again_while_it_is_unchanged(desk: Desk) -> None:
    zipped = desk.client.get("/", headers={"Accept-Encoding": "gzip"})
    assert zipped.headers["Content-Encoding"] == "gzip"
    assert len(zipped.data) < len(desk.client.get("/").data) / 2
    again = desk.client.get("/", headers={"Accept-Encoding": "gzip", "If-None-Match": zipped.headers["ETag"]})
    assert again.status_code == 304
    assert again.data == b""


def test_our_assets_carry_their_content_in_their_name_and_are_kept_for_ever(desk: Desk) -> None:
    html = desk.client.get("/support/contact/").text
    for asset in ("help", "suggest", "request"):
        (address,) = set(re.findall(rf"/?assets/{asset}\.[0-9a-f]{{8}}\.(?:js|css)", html))
        answer = desk.client.get("/" + address.lstrip("/"))
        assert answer.status_code == 200
        assert "immutable" in answer.headers["Cache-Control"]


@pytest.mark.parametrize("address", ["/shell.html", "/../support.yml", "/%2e%2e/support.yml", "/manifest.json", "/index.html.gz"])
def test_only_what_the_release_lists_is_served(desk: Desk, address: str) -> None:
    assert desk.client.get(address).status_code == 404


def test_a_folder_without_its_slash_is_sent_on(desk: Desk) -> None:
    answer = desk.client.get("/flow")
    assert (answer.status_code, answer.headers["Location"]) == (308, "/flow/")


def test_the_form_is_the_same_in_the_portal_and_from_the_service(desk: Desk, release: object) -> None:
    live = desk.client.get("/support/contact/").text
    built = (ROOT / str(release) / "site" / "support" / "contact" / "index.html").read_text(encoding="utf-8")
    names = [re.findall(r"<(?:input|textarea|select)[^>]*\sname=\"([^\"]+)\"", html) for html in (live, built)]
    assert names[0] == names[1]
    assert {"product", "subject", "happened", "type", "email", "working", "affected", "needed_by"} <= set(names[0])


def test_health_tells_what_it_knows(desk: Desk) -> None:
    assert desk.client.get("/healthz").json == {"status": "alive"}
    assert desk.client.get("/readyz").json["status"] == "ready"
    desk.send()
    metrics = desk.client.get("/metrics").text
    assert 'deflect_tickets{status="new",product="flow"} 1' in metrics
    owed = re.search(r'deflect_messages\{state="queued"\} (\d+)', metrics)
    assert owed is not None
    assert int(owed[1]) >= 2  # forward and mail; timers are messages too


def test_another_origin_may_use_the_api_only_when_it_is_named(desk: Desk) -> None:
    answer = desk.client.post("/api/v1/suggest", data={"text": "survey"}, headers={"Origin": "https://elsewhere.example.org"})
    assert "Access-Control-Allow-Origin" not in answer.headers
