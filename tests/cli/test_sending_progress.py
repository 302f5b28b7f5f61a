"""What a person sees of a dispatch: rate, time left, outcomes; and what the log says of it."""

from __future__ import annotations

import io
import logging
import threading
from dataclasses import replace

import pytest
from rich.console import Console

from digest.cli.sending.progress import DeliveryProgress, Pace, Rate, duration
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
        shown.show(START)
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
    shown.show(start)
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
    pace = Pace(11, 20, 11, 0, 0, 0, rate=0.25, quiet=0, seconds=44)
    assert pace.in_words() == "0.2 messages/s · 36 s left · 11 accepted"


@pytest.mark.parametrize(
    ("done", "seconds", "left"), [(10, 2.0, 90), (9, 60.0, None), (50, 1.9, None)]
)
def test_time_left_is_told_once_there_is_something_to_tell_it_by(
    done: int, seconds: float, left: float | None
) -> None:
    pace = Pace(done, 100, done, 0, 0, 0, rate=1.0, quiet=0, seconds=seconds)
    assert pace.seconds_left == left
    assert ("left" in pace.in_words()) is (left is not None)


def test_what_a_dead_run_left_is_none_of_this_runs_messages() -> None:
    clock = Clock()
    before = Balance(audience=1000, submitting=400, pending=600)
    with DeliveryProgress("2026-W47", before, console=terminal(80), clock=clock) as shown:
        clock.now += 3
        recovered = replace(before, submitting=0, accepted=300, unknown=100)
        shown.show(recovered)
        clock.now += 10
        shown.show(replace(recovered, accepted=400, pending=500))
        pace = shown.pace()
    assert (pace.done, pace.todo, pace.rate) == (100, 600, 10.0)
    assert (pace.accepted, pace.unknown, pace.seconds) == (100, 0, 10.0)


def test_first_ctrl_c_is_answered_without_tearing_the_display() -> None:
    console = terminal(80)
    with DeliveryProgress("2026-W47", START, console=console) as shown:
        shown.say_stopping()
    assert isinstance(console.file, io.StringIO)
    lines = console.file.getvalue().splitlines()
    said = "Stopping: what is in flight is finished; Ctrl-C again ends at once."
    assert any(line.endswith(said) for line in lines), lines
    silent = Console(file=io.StringIO(), force_terminal=False)
    DeliveryProgress("2026-W47", START, console=silent).say_stopping()
    assert isinstance(silent.file, io.StringIO)
    assert silent.file.getvalue() == ""


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
            shown.show(START)
            shown.show(replace(START, accepted=200, pending=900))
            assert seen.wait(20)
    finally:
        logger.removeHandler(handler)
    fields = caplog.records[-1].__dict__["digest"]
    assert caplog.records[-1].getMessage() == "sending"
    assert (fields["edition"], fields["todo"], fields["accepted"]) == ("2026-W47", 1000, 100)
