"""What a person sees of a dispatch: rate, time left, outcomes; and what the log says of it."""

from __future__ import annotations

import io
import logging
import threading
from dataclasses import replace

import pytest
from rich.console import Console

from digest.cli.sending_progress import DeliveryProgress, Pace, Rate, duration
from digest.delivery.ledger import Balance

START = Balance(audience=1100, accepted=100, pending=1000)


class Clock:
    """A clock that a test sets."""

    now = 1000.0

    def __call__(self) -> float:
        return self.now


def terminal(width: int) -> Console:
    return Console(
        file=io.StringIO(),
        force_terminal=True,
        width=width,
        color_system=None,
        legacy_windows=False,
    )


def drawn(shown: DeliveryProgress, width: int) -> list[str]:
    console = terminal(width)
    console.print(shown.drawn())
    assert isinstance(console.file, io.StringIO)
    return [line.rstrip() for line in console.file.getvalue().splitlines()]


# ---- Rate -----------------------------------------------------------------------------------


def test_rate_is_that_of_the_last_ten_seconds() -> None:
    rate = Rate()
    assert rate.per_second(0.0) == 0.0
    for second in range(30):
        rate.saw(second * 100, float(second))
    for second in range(30, 41):
        rate.saw(2900 + (second - 29) * 10, float(second))
    assert rate.per_second(40.0) == pytest.approx(10, abs=1)


def test_rate_falls_when_nothing_comes() -> None:
    rate = Rate()
    rate.saw(0, 0.0)
    rate.saw(1000, 1.0)
    assert rate.per_second(1.0) == 1000
    rate.saw(1000, 5.0)
    assert rate.per_second(5.0) == 200
    rate.saw(1000, 20.0)
    rate.saw(1000, 31.0)
    assert rate.per_second(31.0) == 0


def test_many_looks_keep_few_samples() -> None:
    rate = Rate()
    for look in range(100_000):
        rate.saw(look, look / 10_000)
    assert len(rate._samples) < 100
    assert rate.per_second(10.0) == pytest.approx(10_000, rel=0.01)


# ---- What is shown --------------------------------------------------------------------------


def test_run_is_told_with_its_rate_and_the_time_left() -> None:
    clock = Clock()
    shown = DeliveryProgress("2026-W47", START, console=terminal(80), clock=clock)
    with shown:
        clock.now += 10
        shown.show(replace(START, accepted=297, refused=2, unknown=1, pending=800, put_off=1))
        head, tail = drawn(shown, 80)
    assert head.startswith("Sending 2026-W47 ━━━━")
    assert head.endswith("20%   200 of 1,000")
    assert tail == ("20 messages/s · 40 s left · 197 accepted · 2 refused · 1 unknown · 1 put off")


@pytest.mark.parametrize("width", [40, 80, 120])
def test_lines_fit_the_terminal(width: int) -> None:
    clock = Clock()
    start = Balance(audience=1_000_000, pending=1_000_000)
    shown = DeliveryProgress("2026-W47", start, console=terminal(width), clock=clock)
    clock.now += 10
    shown.show(
        Balance(audience=1_000_000, accepted=123_456, refused=1_234, unknown=12, pending=875_298)
    )
    lines = drawn(shown, width)
    assert all(len(line) <= width for line in lines)
    assert "12 unknown" in " ".join(lines)


def test_stillness_is_told_instead_of_a_guess() -> None:
    clock = Clock()
    shown = DeliveryProgress("2026-W47", START, console=terminal(80), clock=clock)
    clock.now += 65
    assert shown.pace().in_words() == "0.0 messages/s · no outcome for 1 min 05 s · 0 accepted"
    assert shown.pace().seconds_left is None


def test_nothing_is_drawn_where_there_is_no_terminal() -> None:
    console = Console(file=io.StringIO(), force_terminal=False)
    with DeliveryProgress("2026-W47", START, console=console) as shown:
        shown.show(replace(START, accepted=200, pending=900))
    assert isinstance(console.file, io.StringIO)
    assert console.file.getvalue() == ""


def test_lines_vanish_at_the_end_also_of_a_failure() -> None:
    console = terminal(80)
    with pytest.raises(ZeroDivisionError), DeliveryProgress("2026-W47", START, console=console):
        raise ZeroDivisionError
    assert isinstance(console.file, io.StringIO)
    assert console.file.getvalue().endswith("\x1b[2K")


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0.2, "0 s"), (59.4, "59 s"), (125, "2 min 05 s"), (6000, "1 h 40 min"), (-1, "0 s")],
)
def test_durations_are_in_words(seconds: float, words: str) -> None:
    assert duration(seconds) == words


def test_slow_rates_keep_a_decimal() -> None:
    pace = Pace(1, 10, 1, 0, 0, 0, rate=0.25, quiet=0)
    assert pace.in_words() == "0.2 messages/s · 36 s left · 1 accepted"


# ---- The log --------------------------------------------------------------------------------


def test_log_has_a_line_now_and_then(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "digest.delivery")
    seen = threading.Event()

    class Seen(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            seen.set()

    handler = Seen()
    logger = logging.getLogger("digest.delivery")
    logger.addHandler(handler)
    try:
        console = Console(file=io.StringIO(), force_terminal=False)
        with DeliveryProgress("2026-W47", START, console=console, log_seconds=0.01) as shown:
            shown.show(replace(START, accepted=200, pending=900))
            assert seen.wait(20)
    finally:
        logger.removeHandler(handler)
    fields = caplog.records[-1].__dict__["digest"]
    assert caplog.records[-1].getMessage() == "sending"
    assert (fields["edition"], fields["todo"], fields["accepted"]) == ("2026-W47", 1000, 100)
