"""What the page and all that it fetches tell of a letter."""

from __future__ import annotations

import json
from typing import Any

import httpx
from lxml import html as lxml_html
from tests.web.studio_world import (
    NOW,
    WEEK,
    Running,
    edit,
    state,
)

from digest.subscribers import membership


def document(client: httpx.Client, path: str) -> Any:
    """A page as lxml reads it."""
    return lxml_html.document_fromstring(client.get(path).content)


def test_page_and_everything_it_fetches_tell_of_the_same_letter(untouched: Running) -> None:
    with untouched.client() as client:
        page = document(client, "/")
        shown = state(client)
        (inside,) = page.xpath("//script[@id='state']/text()")
        assert json.loads(inside) == shown
        assert shown["edition"]["id"] == WEEK
        assert shown["can"] == {"test": True, "approve": True, "reopen": False, "why_not": ""}
        assert shown["status"]["state"] == "ready"
        assert shown["failure"] is None
        for name in shown["faces"]:
            frame = client.get(f"/frames/{name}.html")
            assert frame.status_code == 200
            assert "text/html" in frame.headers["content-type"]
        keys = {row["key"] for row in shown["plan"]}
        light = document(client, "/frames/light.html")
        ids = set(light.xpath("//@id"))
        free = {row["key"] for row in shown["plan"] if row["kind"] == "free"}
        assert keys - free <= ids
        for src in light.xpath("//img/@src"):
            picture = client.get(httpx.URL(f"{untouched.url}/frames/").join(src))
            assert picture.headers["content-type"].startswith("image/")
            assert picture.content
        assert client.get("/frames/none.html").status_code == 404
        assert set(client.get("/provenance.json").json()) >= {"story-1"}
        assert client.get("/message.json").json()["headers"]


def test_page_loads_only_what_is_served(untouched: Running) -> None:
    with untouched.client() as client:
        page = document(client, "/")
        loaded = page.xpath("//script/@src") + page.xpath("//link[not(@rel='icon')]/@href")
        assert loaded
        for address in loaded:
            assert client.get(f"/{address}").status_code == 200
        assert not page.xpath("//@style|//style|//*[@onclick]")


def test_letter_without_its_sponsors_is_a_letter_of_its_own(untouched: Running) -> None:
    with untouched.client() as client:
        whole, without = (
            lxml_html.document_fromstring(client.get(f"/frames/{name}.html").content)
            for name in ("light", "light-unsponsored")
        )
        assert whole.xpath("//*[@id='slot-main']")
        assert not without.xpath("//*[starts-with(@id, 'slot-')]")
        assert without.xpath("//*[@id='story-7']")
        texts = [
            "\n".join(client.get(f"/{name}.json").json()["lines"])
            for name in ("text", "text-unsponsored")
        ]
        assert "PUBLICITÉ" in texts[0].upper()
        assert "PUBLICITÉ" not in texts[1].upper()


def test_letter_is_shown_as_a_subscriber_reads_it(running: Running) -> None:
    database = running.studio.publication.database
    membership.add(database, "hebdo", "odette@readers.example", name="Odette", now=NOW)
    with running.client() as client:
        (found,) = client.get("/readers.json", params={"q": "odette"}).json()["readers"]
        assert found["label"] == "o…@readers.example, hebdo"
        for path in ("/frames/light.html", "/text.json", "/message.json"):
            answer = client.get(path, params={"reader": found["id"]})
            assert "o…@readers.example" in json.dumps(answer.text, ensure_ascii=False) + answer.text
            assert "odette@" not in answer.text
        (subscription,) = [
            s for s in membership.listing(database, "hebdo") if s.email.startswith("odette")
        ]
        everything = "".join(
            client.get(path, params={"reader": found["id"]}).text
            for path in ("/frames/light.html", "/text.json", "/message.json", "/state.json", "/")
        )
        assert subscription.token not in everything
        assert client.get("/text.json", params={"reader": "list:hebdo"}).status_code == 200
        assert client.get("/text.json", params={"reader": "nobody"}).status_code == 404
        assert client.get("/readers.json").json() == {"readers": [], "known": True}
        again = client.get("/readers.json", params={"reader": found["id"]}).json()
        assert again["readers"] == [found]


def test_hostile_title_stays_a_text(running: Running) -> None:
    hostile = "</script><script>alert(1)</script>"
    edit(running.edition_file, 'title = "', f'title = "{hostile} ')
    running.studio.render()
    with running.client() as client:
        page = document(client, "/")
        assert not page.xpath("//script[not(@src) and not(@type='application/json')]")
        (inside,) = page.xpath("//script[@id='state']/text()")
        assert hostile in json.dumps(json.loads(inside)["plan"])
        frame = client.get("/frames/light.html").text
        assert "<script>alert" not in frame


def test_search_says_when_nobody_is_known_yet(untouched: Running) -> None:
    with untouched.client() as client:
        answer = client.get("/readers.json", params={"q": "odette"}).json()
        assert answer == {"readers": [], "known": False}
