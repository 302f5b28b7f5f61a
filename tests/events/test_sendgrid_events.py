"""SendGrid's words become ours, whatever stands in a field."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.events.world import LATER, posted

from digest.events.sendgrid import read_event
from digest.model.events import Event, EventKind

ID = "0123456789abcdef" * 2


def read(word: str, **fields: Any) -> Event:
    """One event that must be ours."""
    found = read_event(posted(ID, word, **fields), LATER)
    assert isinstance(found, Event)
    return found


@pytest.mark.parametrize(
    ("word", "fields", "kind", "permanent"),
    [
        ("delivered", {"response": "250 OK"}, EventKind.DELIVERED, False),
        ("deferred", {"response": "451 4.7.1 later"}, EventKind.DEFERRED, False),
        ("bounce", {"type": "bounce", "status": "5.0.0"}, EventKind.BOUNCED, True),
        ("bounce", {"type": "blocked", "status": "5.7.1"}, EventKind.BOUNCED, False),
        ("bounce", {"status": "5.1.1"}, EventKind.BOUNCED, True),
        ("bounce", {"reason": "552 5.2.2 full"}, EventKind.BOUNCED, False),
        ("blocked", {"reason": "550 5.1.1"}, EventKind.BOUNCED, False),
        ("dropped", {"reason": "Bounced Address"}, EventKind.BOUNCED, True),
        ("dropped", {"reason": "Invalid"}, EventKind.BOUNCED, True),
        ("dropped", {"reason": "Spam Reporting Address"}, EventKind.COMPLAINED, False),
        ("dropped", {"reason": "Unsubscribed Address"}, EventKind.UNSUBSCRIBED, False),
        ("dropped", {"reason": "Recipient List over Package Quota"}, EventKind.BOUNCED, False),
        ("dropped", {}, EventKind.BOUNCED, False),
        ("spamreport", {}, EventKind.COMPLAINED, False),
        ("unsubscribe", {}, EventKind.UNSUBSCRIBED, False),
        ("group_unsubscribe", {"asm_group_id": 1}, EventKind.UNSUBSCRIBED, False),
        ("open", {"useragent": "x", "ip": "192.0.2.1"}, EventKind.OPENED, False),
        ("click", {"url": "https://example.org/"}, EventKind.CLICKED, False),
    ],
)
def test_every_word_of_sendgrid_has_one_of_ours(
    word: str, fields: dict[str, Any], kind: EventKind, permanent: bool
) -> None:
    found = read(word, **fields)
    assert (found.kind, found.is_permanent, found.delivery) == (kind, permanent, ID)
    assert found.url == fields.get("url", "")
    assert found.at == datetime(2026, 11, 22, 7, 32, tzinfo=UTC)


def test_processed_says_that_sendgrid_took_it() -> None:
    assert read("processed").kind is EventKind.ACCEPTED


def test_words_of_the_refusing_server_are_kept() -> None:
    assert read("bounce", status="5.1.1", reason="550 no").detail == "5.1.1 550 no"
    assert read("bounce", status="5.1.1", reason="550 5.1.1 no").detail == "550 5.1.1 no"
    assert read("dropped", reason="Invalid").detail == "dropped Invalid"


@pytest.mark.parametrize(
    "said",
    [
        None,
        7,
        "delivered",
        [],
        {},
        posted(ID, "group_resubscribe"),
        posted(ID, "account_status_change"),
        posted("", "delivered"),
        posted("0" * 31, "delivered"),
        posted(ID.upper(), "delivered"),
        posted(ID, "delivered", delivery=7),
        posted(ID, "delivered", delivery=None, unique_args="{"),
        posted(ID, "delivered", delivery=None, unique_args="[1]"),
        posted(ID, "delivered", event=["delivered"]),
        posted(ID, "delivered", event=None),
    ],
)
def test_what_is_not_about_our_delivery_is_passed_over(said: object) -> None:
    assert read_event(said, LATER) is None


def test_export_carries_the_id_within_its_arguments() -> None:
    said = posted("", "delivered", unique_args=json.dumps({"delivery": ID}))
    del said["delivery"]
    found = read_event(said, LATER)
    assert isinstance(found, Event)
    assert found.delivery == ID


NO_TIMES: list[Any] = ["soon", "", None, True, -1, 10**400, float("nan")]
NO_TIMES += [float("inf"), [], "0001-01-01T00:00:00", "9" * 30]


@pytest.mark.parametrize(
    ("timestamp", "moment"),
    [
        (1_795_332_720, datetime(2026, 11, 22, 7, 32, tzinfo=UTC)),
        (1_795_332_720.5, datetime(2026, 11, 22, 7, 32, 0, 500_000, tzinfo=UTC)),
        ("1795332720", datetime(2026, 11, 22, 7, 32, tzinfo=UTC)),
        ("2026-11-22T07:32:00Z", datetime(2026, 11, 22, 7, 32, tzinfo=UTC)),
        ("2026-11-22 08:32:00 +0100", datetime(2026, 11, 22, 7, 32, tzinfo=UTC)),
        ("2026-11-22 07:32:00 +0000 UTC", datetime(2026, 11, 22, 7, 32, tzinfo=UTC)),
        ("2026-11-22 07:32:00", datetime(2026, 11, 22, 7, 32, tzinfo=UTC)),
        *((wrong, LATER) for wrong in NO_TIMES),
    ],
)
def test_time_is_sendgrids_where_it_can_be(timestamp: object, moment: datetime) -> None:
    assert read("delivered", timestamp=timestamp).at == moment


def test_event_is_known_by_what_it_says_whatever_sendgrid_calls_it() -> None:
    """Its own id is missing from some, and may be another one when a request is repeated."""
    one = read("click", sg_event_id="a", url="x")
    assert one.id == read("click", sg_event_id="b", url="x").id
    assert one.id == read("clicked", timestamp="2026-11-22 07:32:00 UTC", url="x").id
    others = [
        read("click", url="y"),
        read("click", url="x", timestamp="2026-11-22T07:32:01Z"),
        read("open", url="x"),
        read("click", url="x", delivery="f" * 32),
    ]
    assert len({found.id for found in (one, *others)}) == 5
    # Ours says nothing of the message, and has one length.
    assert {len(found.id) for found in (one, *others)} == {64}


def test_event_without_a_time_is_known_by_sendgrids_id() -> None:
    ids = [read("open", timestamp="soon", sg_event_id=own).id for own in ("a", "a", "b", None)]
    assert ids[0] == ids[1]
    assert len(set(ids)) == 3


_anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
_fields = st.sampled_from(
    ["event", "timestamp", "reason", "status", "type", "url", "sg_event_id", "unique_args"]
)


@given(st.sampled_from(["bounce", "dropped", "click"]), st.dictionaries(_fields, _anything))
def test_no_field_makes_it_stumble(word: str, fields: dict[str, Any]) -> None:
    found = read_event({**posted(ID, word), **fields}, LATER)
    assert found is None or found.delivery == ID if isinstance(found, Event) else True
