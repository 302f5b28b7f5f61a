"""Logs tell what happened, a line each, and never an address or a secret."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis.strategies import dictionaries, floats, integers, lists, recursive, text

from digest import logs
from digest.config import Config
from digest.config.settings.delivery import DeliverySettings, SendgridSettings, SmtpSettings
from digest.config.settings.operating import StoreSettings
from digest.config.settings.publication import PublicationSettings
from digest.errors import UsageError
from digest.model.sending import DeliveryState

LOG = logging.getLogger("digest.delivery")


@pytest.fixture(autouse=True)
def quiet_afterwards() -> Iterator[None]:
    yield
    logs.reset()
    logs._hidden.clear()


@pytest.fixture
def written(tmp_path: Path) -> Path:
    """Where `json_lines` reads from."""
    return tmp_path / "digest.log"


def json_lines(file: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]


def test_event_is_one_object_with_its_fields(written: Path) -> None:
    logs.configure("json", "info", written)
    LOG.info(
        "run started",
        extra={"digest": {"edition": "2026-W47", "state": DeliveryState.PENDING, "pending": 12}},
    )
    (line,) = json_lines(written)
    moment = datetime.fromisoformat(line.pop("time"))
    assert moment.tzinfo == UTC
    assert line == {
        "level": "info",
        "event": "run started",
        "logger": "digest.delivery",
        "edition": "2026-W47",
        "state": "pending",
        "pending": 12,
    }


def test_field_cannot_pass_for_something_else(written: Path) -> None:
    logs.configure("json", "info", written)
    LOG.info("one", extra={"digest": {"level": "error", "event": "two", "ratio": float("nan")}})
    (line,) = json_lines(written)
    assert (line["level"], line["event"], line["ratio"]) == ("info", "one", "nan")


@pytest.mark.parametrize("log_format", ["text", "json"])
def test_no_address_is_written_wherever_it_stands(
    log_format: logs.LogFormat, written: Path
) -> None:
    logs.configure(log_format, "debug", written)
    person = "marie.dupont@readers.example"
    LOG.info("mail to %s", person)
    LOG.info("field", extra={"digest": {"to": person, person: [{"deep": (person,)}], "b": b"x"}})
    LOG.info("raw", extra={"digest": {"reply": f"550 5.1.1 <{person}>: user unknown".encode()}})
    LOG.info("odd", extra={"digest": person})
    LOG.info("none", extra={"digest": {"of": None, "it": True, "at": datetime.now(UTC)}})
    LOG.info("as in a URL: marie.dupont%40readers.example, /?to=marie.dupont%40readers.example")
    LOG.info('quoted: "marie dupont"@readers.example, literal: marie.dupont@[192.0.2.1]')
    LOG.info("link https://lettre.example.org/u/" + "aB3-" * 10 + " followed")
    try:
        try:
            raise ValueError(person)
        except ValueError as error:
            raise LookupError(f"no {person}") from error
    except LookupError:
        LOG.exception("failed", stack_info=True)
    text_written = written.read_text(encoding="utf-8")
    assert "dupont" not in text_written
    assert "aB3-" not in text_written
    assert "m…@readers.example" in text_written
    assert "m…%40readers.example" in text_written


def test_event_that_cannot_be_put_together_is_shown_as_it_was_written() -> None:
    record = logging.LogRecord("digest", logging.INFO, "", 0, "to %d", ("m@example.org",), None)
    assert logs.Masking().filter(record)
    assert record.getMessage() == "to %d"


def test_secrets_that_the_settings_name_are_not_written(
    written: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "key").write_text("SG.key+of/ours=\n")
    for name, value in (
        ("RELAY_USER", "AKIAEXAMPLE42"),
        ("RELAY_PASSWORD", "tr0ub4dor&3"),
        ("SENDGRID_API_KEY_FILE", str(tmp_path / "key")),
        ("STORE_PASSWORD", "abc"),
    ):
        monkeypatch.setenv(name, value)
    smtp = SmtpSettings(username_env="RELAY_USER", password_env="RELAY_PASSWORD")
    logs.hide(
        Config(
            publication=PublicationSettings(name="Lettre"),
            delivery=DeliverySettings(smtp=smtp, sendgrid=SendgridSettings()),
            store=StoreSettings(password_env="STORE_PASSWORD"),
        )
    )
    logs.configure("json", "info", written)
    for said in (
        "535 AKIAEXAMPLE42 with TR0UB4DOR&3 refused",
        "AUTH PLAIN AEFLSUFFWEFNUExFNDIAdHIwdWI0ZG9yJjM=",
        "dHIwdWI0ZG9yJjM= in base64",
        "Bearer SG.key+of/ours=",
        "?key=SG.key%2Bof%2Fours%3D",
        "abc is a word",
    ):
        LOG.info(said)
    assert [line["event"] for line in json_lines(written)] == [
        "535 *** with *** refused",
        "AUTH PLAIN ***",
        "*** in base64",
        "Bearer ***",
        "?key=***",
        "abc is a word",
    ]


def test_line_stays_one_line_that_steers_no_terminal(written: Path) -> None:
    logs.configure("text", "info", written)
    LOG.info("one\ntwo \x1b[31m \u202e", extra={"digest": {"reply": "a\r\nb", "n": 3, "w": "x"}})
    (line,) = written.read_text(encoding="utf-8").splitlines()
    assert "\x1b" not in line
    assert "\u202e" not in line
    assert line.endswith(r'one\u000atwo \u001b[31m \u202e reply="a\r\nb" n=3 w=x')


def test_exception_in_text_is_its_last_words(written: Path) -> None:
    logs.configure("text", "info", written)
    try:
        raise KeyError("place")
    except KeyError:
        LOG.exception("failed")
    assert written.read_text(encoding="utf-8").endswith("failed exception=\"KeyError: 'place'\"\n")


anything = recursive(
    text() | integers() | floats(),
    lambda inner: lists(inner, max_size=3) | dictionaries(text(), inner, max_size=3),
    max_leaves=6,
)


@given(text(), dictionaries(text(), anything, max_size=4))
def test_whatever_is_logged_is_one_line_of_json(event: str, fields: dict[str, Any]) -> None:
    record = logging.LogRecord("digest", logging.INFO, "", 0, event, None, None)
    record.digest = fields
    assert logs.Masking().filter(record)
    line = logs.JsonLines().format(record)
    assert len(line.splitlines()) == 1
    line.encode("utf-8")
    assert json.loads(line)["level"] == "info"


def test_level_decides_what_is_written_and_others_speak_from_warning_on(written: Path) -> None:
    logs.configure("json", "warning", written)
    LOG.info("not this")
    LOG.warning("this")
    logs.configure("json", "debug", written)
    LOG.debug("and this")
    logging.getLogger("another.package").info("not this either")
    logging.getLogger("another.package").warning("but this")
    assert [line["event"] for line in json_lines(written)] == ["this", "and this", "but this"]


def test_log_goes_where_standard_error_is_at_that_moment(monkeypatch: pytest.MonkeyPatch) -> None:
    logs.configure("text", "info")
    stream = io.StringIO()
    monkeypatch.setattr("sys.stderr", stream)
    LOG.info("seen")
    assert stream.getvalue().endswith("INFO    digest.delivery: seen\n")


def test_log_that_cannot_be_written_stops_nothing(
    written: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    logs.configure("json", "info", written)
    (handler,) = (one for one in logging.getLogger().handlers if isinstance(one, logs._Lines))
    assert handler._file is not None
    handler._file.close()
    LOG.info("lost")
    LOG.info("lost too")
    assert capsys.readouterr().err == "Logs cannot be written (ValueError); going on.\n"


def test_file_is_ours_alone_and_goes_on_where_it_ended(written: Path, tmp_path: Path) -> None:
    for _ in range(2):
        logs.configure("json", "info", written)
        LOG.info("one")
    assert len(json_lines(written)) == 2
    assert written.stat().st_mode & 0o077 == 0
    with pytest.raises(UsageError, match="cannot be written"):
        logs.configure("json", "info", tmp_path / "missing" / "digest.log")
