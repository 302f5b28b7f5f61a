"""The studio lets in the browser that was given the address, and nobody else."""

from __future__ import annotations

import asyncio
import socket

import httpx
import pytest
from tests.web.studio_world import TOKEN, Running

from digest.web.studio.gate import Gate

EVERYTHING = [
    "/",
    "/events",
    "/state.json",
    "/text.json",
    "/text-unsponsored.json",
    "/message.json",
    "/files.json",
    "/provenance.json",
    "/readers.json?q=an",
    "/frames/light.html",
    "/studio.css",
    "/none",
]


def port(running: Running) -> str:
    return running.url.rpartition(":")[2]


@pytest.mark.parametrize("path", EVERYTHING)
def test_without_the_address_nothing_is_shown(untouched: Running, path: str) -> None:
    with untouched.client(inside=False) as stranger:
        answer = stranger.get(path)
        assert answer.status_code == 403
        assert "digest preview" in answer.text
        assert "set-cookie" not in answer.headers


def test_token_becomes_a_cookie_that_neither_scripts_nor_other_sites_have(
    untouched: Running,
) -> None:
    with untouched.client(inside=False) as client:
        answer = client.get(untouched.address)
        assert answer.status_code == 303
        assert answer.headers["location"] == "/"
        cookie = answer.headers["set-cookie"].lower()
        assert "httponly" in cookie
        assert "samesite=strict" in cookie
        assert TOKEN not in cookie
        assert client.get("/").status_code == 200


@pytest.mark.parametrize("token", ["", "wrong", TOKEN + "x", "é"])
def test_wrong_token_lets_nobody_in(untouched: Running, token: str) -> None:
    with untouched.client(inside=False) as client:
        answer = client.get("/", params={"token": token})
        assert answer.status_code == 403
        assert "set-cookie" not in answer.headers


def test_wrong_cookie_lets_nobody_in(untouched: Running) -> None:
    with untouched.client(inside=False) as client:
        headers = {"Cookie": f"digest-studio-{port(untouched)}=guessed"}
        assert client.get("/state.json", headers=headers).status_code == 403


@pytest.mark.parametrize(
    "host", ["evil.example", "127.0.0.1", "127.0.0.1:1", "localhost.evil.example", "[::1]"]
)
def test_rebound_name_gets_no_answer(untouched: Running, host: str) -> None:
    """DNS rebinding: a page of another name that leads to this machine."""
    with untouched.client() as client:
        answer = client.get("/state.json", headers={"Host": host})
        assert answer.status_code == 421
        assert "edition" not in answer.text
        assert client.get(untouched.address, headers={"Host": host}).status_code == 421


def test_second_host_header_gets_no_answer(untouched: Running) -> None:
    with socket.create_connection(("127.0.0.1", int(port(untouched))), 30) as raw:
        head = f"GET / HTTP/1.1\r\nHost: 127.0.0.1:{port(untouched)}\r\nHost: evil.example\r\n\r\n"
        raw.sendall(head.encode())
        assert raw.recv(64).split()[1] in (b"400", b"421")


def test_localhost_is_this_machine_too(untouched: Running) -> None:
    with untouched.client() as client:
        headers = {"Host": f"localhost:{port(untouched)}"}
        assert client.get("/state.json", headers=headers).status_code == 200


@pytest.mark.parametrize("path", ["/test", "/approve"])
@pytest.mark.parametrize(
    "origin",
    [None, "null", "https://evil.example", "http://127.0.0.1:1", "http://localhost"],
)
def test_other_sites_cannot_act(untouched: Running, path: str, origin: str | None) -> None:
    with untouched.client() as client:
        headers = {"Origin": origin} if origin else {}
        before = untouched.studio.view.version
        answer = client.post(path, json={"address": "a@example.org", "hash": ""}, headers=headers)
        assert answer.status_code == 403
        assert untouched.studio.view.version == before


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_what_another_site_asks_for_is_refused(untouched: Running, site: str) -> None:
    with untouched.client() as client:
        assert client.get("/state.json", headers={"Sec-Fetch-Site": site}).status_code == 403


@pytest.mark.parametrize("method", ["PUT", "DELETE", "OPTIONS", "PATCH"])
def test_other_methods_are_not_known(untouched: Running, method: str) -> None:
    with untouched.client() as client:
        assert client.request(method, "/approve").status_code == 405


def test_page_may_load_and_run_nothing_but_its_own(untouched: Running) -> None:
    with untouched.client() as client:
        headers = client.get("/").headers
        assert headers["content-security-policy"] == (
            "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
            "connect-src 'self'; frame-src 'self'; form-action 'none'; base-uri 'none'; "
            "frame-ancestors 'none'"
        )
        assert headers["x-frame-options"] == "DENY"
        for path in ("/", "/state.json", "/studio.css", "/frames/light.html", "/none"):
            strict = client.get(path).headers
            assert strict["x-content-type-options"] == "nosniff"
            assert strict["cache-control"] == "no-store"
            assert strict["referrer-policy"] == "no-referrer"
            assert strict["cross-origin-resource-policy"] == "same-origin"
            assert "access-control-allow-origin" not in strict


def test_letter_in_its_frame_runs_nothing(untouched: Running) -> None:
    with untouched.client() as client:
        policy = client.get("/frames/light.html").headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "sandbox allow-same-origin" in policy
        assert "script" not in policy
        assert "frame-ancestors 'self'" in policy


@pytest.mark.parametrize(
    "path",
    [
        "/frames/../../../../config.toml",
        "/frames/..%2f..%2fconfig.html",
        "/frames/%2e%2e/secret.html",
        "/pictures/..%2f..%2f..%2fconfig.toml",
        "/pictures/%2e%2e%2f%2e%2e%2fedition.toml",
        "/pictures/edition.toml",
        "/..%2fpage.py",
        "/page.py",
        "/studio.toml",
        "/studio.html.j2",
        "/config.toml",
        "/etc/passwd",
        "//etc/passwd",
        "/%00",
        "/docs",
        "/openapi.json",
    ],
)
def test_no_address_leads_to_a_file(untouched: Running, path: str) -> None:
    with untouched.client() as client:
        raw = httpx.URL(untouched.url).copy_with(raw_path=path.encode())
        assert client.get(raw).status_code == 404


def test_pictures_are_kept_by_the_browser_and_nothing_else_is(untouched: Running) -> None:
    with untouched.client() as client:
        state = client.get("/state.json")
        assert state.headers["Cache-Control"] == "no-store"
        frame = client.get("/frames/light.html").text
        name = frame.partition("pictures/")[2].partition('"')[0]
        assert "immutable" in client.get(f"/pictures/{name}").headers["Cache-Control"]
        assert client.get("/pictures/other.jpg").headers["Cache-Control"] == "no-store"


def test_two_studios_do_not_share_a_cookie(untouched: Running) -> None:
    with untouched.client() as client:
        (name,) = client.cookies
        assert name == f"digest-studio-{port(untouched)}"


def test_nothing_but_web_requests_is_answered() -> None:
    sent: list[object] = []

    async def send(message: object) -> None:
        sent.append(message)

    async def inside(*_arguments: object) -> None:
        sent.append("let in")

    gate = Gate(inside, port=1, token=TOKEN)
    asyncio.run(gate({"type": "websocket", "path": "/"}, send, send))  # type: ignore[arg-type]
    assert sent == []
