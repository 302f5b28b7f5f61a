"""Requests to SendGrid stand within its limits, say what was meant, and name nobody twice."""

from __future__ import annotations

import json
import os
import string
from dataclasses import replace
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator, ValidationError
from tests.delivery.sendgrid_server import FORBIDDEN_HEADERS, written
from tests.delivery.sendgrid_submitting import recipients
from tests.delivery.world import EDITION, ENVELOPE, make_letter, token

from digest.delivery.message.envelope import LIST
from digest.delivery.providers.sendgrid.grouping import Grouping
from digest.delivery.providers.sendgrid.payload import Options, Payload
from digest.errors import TemplateError
from digest.model.sending import DeliveryState, Recipient
from digest.render.tokens import split

#: What constrains a request in the published description of the interface: names, types and limits,
#: written down from spec/json/tsg_mail_v3.json of twilio/sendgrid-oai (MIT), without its texts.
#: `DIGEST_SENDGRID_OPENAPI` names the whole file, where somebody has it, in its place.
CONSTRAINTS = Path(__file__).parent / "openapi" / "mail_send.json"
PUBLISHED = Path(os.environ.get("DIGEST_SENDGRID_OPENAPI", CONSTRAINTS))


def bodies(
    to: list[Recipient], options: Options | None = None, *, most: int = 0, **changes: Any
) -> list[dict[str, Any]]:
    """Every request that these readers need."""
    payload = Payload(make_letter(**changes), ENVELOPE, options)
    grouping = Grouping(payload, to, most)
    found = []
    while group := grouping.next():
        found.append(json.loads(payload.request(group.list_name, group.personalizations)))
    return found


def one(**values: Any) -> Recipient:
    return replace(recipients(1)[0], **values)


# ---- What a request says --------------------------------------------------------------------


def test_options_of_the_account_stand_in_every_request() -> None:
    options = Options(
        categories=("hebdo",), asm_group=7, ip_pool="lettres", send_at=1795334400, batch="Batch0"
    )
    (body,) = bodies(recipients(2), options)
    assert body["categories"] == [EDITION, "main", "hebdo"]
    assert body["asm"] == {"group_id": 7}
    assert (body["ip_pool_name"], body["send_at"]) == ("lettres", 1795334400)
    assert body["batch_id"] == "Batch0"


def test_nothing_of_it_is_there_unasked() -> None:
    (body,) = bodies(recipients(2))
    unasked = {"asm", "ip_pool_name", "send_at", "batch_id", "mail_settings", "custom_args"}
    assert not unasked & set(body)


def test_nobody_is_tracked() -> None:
    (body,) = bodies(recipients(1))
    assert body["tracking_settings"] == {
        "click_tracking": {"enable": False, "enable_text": False},
        "open_tracking": {"enable": False},
        "subscription_tracking": {"enable": False},
        "ganalytics": {"enable": False},
    }


def test_categories_are_few_short_and_each_once() -> None:
    long = tuple(f"{number} " + "x" * 300 for number in range(12))
    (body,) = bodies(recipients(1), Options(categories=("main", *long)))
    categories = body["categories"]
    assert len(categories) == len(set(categories)) == 10
    assert max(map(len, categories)) == 255


def test_the_same_address_is_never_twice_in_a_request() -> None:
    first, second, third = recipients(3)
    twin = replace(second, email=first.email.upper())
    requests = bodies([first, twin, third])
    addresses = [[p["to"][0]["email"] for p in body["personalizations"]] for body in requests]
    assert addresses == [[first.email, third.email], [twin.email]]


def test_readers_of_different_lists_are_in_different_requests() -> None:
    """A category is the request's, and the list is one."""
    to = [
        replace(r, values={LIST: "main" if n % 2 else "eco"}) for n, r in enumerate(recipients(6))
    ]
    requests = bodies(to)
    assert [body["categories"][1] for body in requests] == ["eco", "main"]
    for body in requests:
        name = body["categories"][1]
        for person in body["personalizations"]:
            assert f"<{name}.lettre.example.org>" in person["headers"]["List-ID"]
            assert person["headers"]["Feedback-ID"].split(":")[1] == name


def test_a_thousand_readers_fill_a_request() -> None:
    assert [len(b["personalizations"]) for b in bodies(recipients(2300))] == [1000, 1000, 300]


def test_a_message_is_named_by_its_delivery() -> None:
    (body,) = bodies(recipients(1))
    headers = body["personalizations"][0]["headers"]
    assert headers["Message-ID"] == f"<{recipients(1)[0].id}@lettre.example.org>"


def test_a_reader_whose_values_are_too_long_is_refused_alone() -> None:
    payload = Payload(make_letter(), ENVELOPE)
    long = one(id="f" * 32, email="long@readers.example", values={"name": "é" * 4000})
    grouping = Grouping(payload, [*recipients(2), long])
    group = grouping.next()
    (refused,) = grouping.refused()
    assert group is not None
    assert len(group) == 2
    assert (refused.id, refused.state) == ("f" * 32, DeliveryState.REFUSED)
    assert "long@" not in refused.detail


def test_tokens_and_ids_of_any_form_stand_in_headers() -> None:
    (plain,) = bodies([one(id="a b\r\n<c>", token="ü/%s\r\n")])
    headers = plain["personalizations"][0]["headers"]
    assert headers["Message-ID"] == "<abc@lettre.example.org>"
    assert headers["List-Unsubscribe"] == "<https://lettre.example.org/u/%C3%BC%2F%25s%0D%0A>"
    assert plain["personalizations"][0]["custom_args"] == {"delivery": "a b\r\n<c>"}


def test_without_a_public_address_no_link_is_promised() -> None:
    payload = Payload(
        make_letter(), replace(ENVELOPE, public_url="", unsubscribe_mailto="a@b.example")
    )
    person = json.loads(payload.personalization(one(), "main"))
    assert person["headers"]["List-Unsubscribe"] == "<mailto:a@b.example>"
    assert "List-Unsubscribe-Post" not in person["headers"]


def test_an_unknown_token_is_a_fault_of_the_letter() -> None:
    with pytest.raises(TemplateError):
        Payload(make_letter("%%{nom}%%"), ENVELOPE)


# ---- Whatever readers are called ------------------------------------------------------------

words = st.text(st.characters(codec="utf-8"), max_size=40)
readers = st.builds(
    lambda number, name, value, since, link, list_name: Recipient(
        f"{number:032x}",
        f"reader{number}@readers.example",
        name,
        "fr",
        token(number),
        {
            "name": value,
            "since": since,
            "unsubscribe_url": link,
            "address": "r…@readers.example",
            LIST: list_name,
        },
    ),
    st.integers(0, 10**9),
    words,
    words,
    words,
    words | st.just("https://lettre.example.org/u/abc"),
    st.sampled_from(["", "main", "éco 100 %s"]),
)


@settings(max_examples=150)
@given(to=st.lists(readers, max_size=6, unique_by=lambda reader: reader.id))
def test_each_reader_reads_what_the_letter_says_to_them(to: list[Recipient]) -> None:
    letter = make_letter("%%{name|Bonjour}%% : la semaine")
    requests = bodies(to, subject=letter.subject)
    by_id = {reader.id: reader for reader in to}
    seen = []
    for body in requests:
        for index, person in enumerate(body["personalizations"]):
            reader = by_id[person["custom_args"]["delivery"]]
            seen.append(reader.id)
            for kind, text, context in (
                ("text/plain", letter.text, "text"),
                ("text/html", letter.html, "html"),
            ):
                meant = split(text, context).join(reader.values)  # type: ignore[arg-type]
                assert written(body, index, kind) == meant
            assert not {";", ","} & set(person["to"][0].get("name", ""))
            assert all(line.isascii() and line.isprintable() for line in person["headers"].values())
            assert not FORBIDDEN_HEADERS & {name.lower() for name in person["headers"]}
    assert sorted(seen) == sorted(by_id)


# ---- The published description --------------------------------------------------------------


@cache
def description() -> Draft202012Validator:
    """What `mail/send` takes, as SendGrid publishes it."""
    whole = json.loads(PUBLISHED.read_text(encoding="utf-8"))
    place = whole["paths"]["/v3/mail/send"]["post"]["requestBody"]
    if "$ref" in place:
        place = whole["components"]["requestBodies"][place["$ref"].rpartition("/")[2]]
    schema = place["content"]["application/json"]["schema"]
    return Draft202012Validator(
        {**schema, "components": whole["components"]},
        format_checker=Draft202012Validator.FORMAT_CHECKER,
    )


local = st.text(string.ascii_letters + string.digits + "._+-", min_size=1, max_size=30)


@settings(max_examples=100)
@given(
    to=st.lists(readers, min_size=1, max_size=5, unique_by=lambda reader: reader.id),
    subject=st.text(st.characters(codec="utf-8"), min_size=1, max_size=60).filter(
        lambda text: any(letter.isalnum() for letter in text) and "%%{" not in text
    ),
    categories=st.lists(words, max_size=12),
    pool=st.just("") | st.text(string.ascii_lowercase, min_size=2, max_size=64),
    group=st.integers(0, 10**6),
    sandbox=st.booleans(),
    ahead=st.none() | st.integers(0, 72 * 3600),
)
def test_the_published_description_takes_every_request(
    to: list[Recipient],
    subject: str,
    categories: list[str],
    pool: str,
    group: int,
    sandbox: bool,
    ahead: int | None,
) -> None:
    validator = description()
    moment = int(datetime(2026, 11, 22, tzinfo=UTC).timestamp())
    options = Options(
        sandbox=sandbox,
        categories=tuple(categories),
        asm_group=group,
        ip_pool=pool,
        send_at=None if ahead is None else moment + ahead,
        batch="" if ahead is None else "Batch0",
    )
    for body in bodies(to, options, subject=subject, picture=b"picture"):
        validator.validate(body)


def test_the_published_description_takes_full_requests() -> None:
    for body in bodies(recipients(1500)):
        description().validate(body)


@pytest.mark.parametrize(
    "change",
    [
        {"personalizations": [{"to": [{"email": "a@b.example"}]}] * 1001},
        {"subject": ""},
        {"categories": ["x"] * 2},
        {"send_at": "soon"},
    ],
    ids=["1001 readers", "no subject", "a category twice", "no moment"],
)
def test_the_published_description_refuses_what_it_should(change: dict[str, Any]) -> None:
    """Or the tests above would prove nothing."""
    (body,) = bodies(recipients(1))
    with pytest.raises(ValidationError):
        description().validate({**body, **change})
