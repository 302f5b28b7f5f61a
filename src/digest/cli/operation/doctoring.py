"""`digest doctor`: what is well and what is not, and whether letters would arrive."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from textwrap import wrap
from typing import TYPE_CHECKING, Annotated

import typer

from digest.cli.frame import (
    DEFAULT_CONFIG,
    ConfigOption,
    JsonOption,
    now,
    out,
    plain,
    print_json,
    read_settings,
)
from digest.cli.panels import OPERATION
from digest.errors import ConfigError, UsageError

if TYPE_CHECKING:
    from digest.doctor import Examined
    from digest.doctor.deliverability import Examination, Judged, Receiver

_MARKS = {
    "ok": "[green]✓[/]",
    "warning": "[yellow]![/]",
    "error": "[bold red]✗[/]",
    "unknown": "[dim]?[/]",
}
_STYLES = {"met": "green", "missing": "bold red", "not checkable here": "dim"}
_STATE_WIDTH = 20


def register(app: typer.Typer) -> None:
    """Add the command to the program."""
    app.command(rich_help_panel=OPERATION)(doctor)


def doctor(
    deliverability: Annotated[
        bool,
        typer.Option(
            "--deliverability", help="Whether letters would arrive: DNS, relay, the way out."
        ),
    ] = False,
    resolver: Annotated[
        str,
        typer.Option(
            envvar="DIGEST_RESOLVER",
            help="Whom to ask for names, e.g. 127.0.0.1:5353. Default: whom the system asks.",
            metavar="ADDRESS",
        ),
    ] = "",
    selector: Annotated[
        list[str] | None,
        typer.Option(help="DKIM selector under which letters are signed.", metavar="NAME"),
    ] = None,
    address: Annotated[
        list[str] | None,
        typer.Option(help="Numeric address from which letters leave.", metavar="NUMBER"),
    ] = None,
    return_path: Annotated[
        str,
        typer.Option(
            help="Domain to which failures return, where the relay sets its own.", metavar="DOMAIN"
        ),
    ] = "",
    config: ConfigOption = DEFAULT_CONFIG,
    as_json: JsonOption = False,
) -> None:
    """Look at what is configured, what is reachable and what is missing; shows no secret.

    With --deliverability it asks DNS for SPF, DKIM, DMARC, MX and the names
    of sending addresses, looks at the relay's TLS and at readers' way out,
    and says of each requirement of Gmail, Yahoo and Microsoft whether it is
    met. Nothing is sent, and nobody is unsubscribed.

    Example: digest doctor --deliverability --selector lettre2026
    """
    if deliverability:
        asked = (resolver, tuple(selector or ()), tuple(address or ()), return_path)
        _tell_deliverability(config, asked, as_json=as_json)
        return
    if selector or address or return_path:
        raise UsageError(
            "--selector, --address and --return-path go with --deliverability", "Add it."
        )
    from digest.doctor import examine

    examined = []
    for thing in examine(read_settings(config), now=now()):
        examined.append(thing)
        if not as_json:
            _tell(thing)
    if as_json:
        print_json([_as_json(thing) for thing in examined])
    _end(examined)


def _tell_deliverability(
    config: Path, asked: tuple[str, tuple[str, ...], tuple[str, ...], str], *, as_json: bool
) -> None:
    from digest.doctor.deliverability import Asked, examine_deliverability, rulebook

    report = examine_deliverability(read_settings(config), Asked(*asked))
    if as_json:
        print_json(
            {
                "checks": [_as_json(thing) for thing in report.checks],
                "requirements": [_rule_as_json(judged) for judged in report.judged],
                "receivers": [_receiver_as_json(one) for one in rulebook().receivers],
            }
        )
    else:
        for thing in report.checks:
            _tell(thing)
        _tell_rules(report)
    _end(list(report.checks))


def _tell(thing: Examined) -> None:
    out().print(
        f"{_MARKS[thing.state]} [bold]{plain(thing.name)}[/]: {plain(thing.found)}", soft_wrap=True
    )
    first, *records = thing.hint.split("\n")
    if first:
        for line in _folded(first, 4):
            out().print(f"    {plain(line)}", soft_wrap=True)
    for record in records:
        # To be copied: it is never folded.
        out().print(f"    {plain(record)}", soft_wrap=True, style="cyan")


def _tell_rules(report: Examination) -> None:
    from digest.doctor.deliverability import rulebook

    for receiver in rulebook().receivers:
        judged = [one for one in report.judged if one.rule.receiver == receiver.id]
        counts = Counter[str](one.state for one in judged)
        told = ", ".join(f"{counts[state]} {state}" for state in _STYLES if counts[state])
        out().print(f"\n[bold]{plain(receiver.name)}[/]: {told}")
        for line in _folded(f"{receiver.bulk}; since {receiver.since}", 0):
            out().print(f"[dim]{plain(line)}[/]", soft_wrap=True)
        out().print(f"[dim]{plain(receiver.source)} (read {receiver.read})[/]", soft_wrap=True)
        for one in judged:
            says = one.rule.says + (" (advised)" if one.rule.level == "advised" else "")
            if why := f"see {one.by}" if one.by else one.found:
                says += f" – {why}"
            first, *more = _folded(says, _STATE_WIDTH)
            state = f"[{_STYLES[one.state]}]{one.state:<{_STATE_WIDTH}}[/]"
            out().print(f"{state}{plain(first)}", soft_wrap=True)
            for line in more:
                out().print(" " * _STATE_WIDTH + plain(line), soft_wrap=True)


def _folded(text: str, indent: int) -> list[str]:
    """The text in lines that fit a terminal beside an indent; in one where there is none."""
    width = max(out().width - indent, 20) if out().is_terminal else 10_000
    return wrap(text, width, break_long_words=False, break_on_hyphens=False)


def _end(examined: list[Examined]) -> None:
    wrong = [thing.name for thing in examined if thing.state == "error"]
    if wrong:
        raise ConfigError(f"not well: {', '.join(wrong)}", "See above for what to do.")


def _as_json(thing: Examined) -> dict[str, str]:
    return {"name": thing.name, "state": thing.state, "found": thing.found, "hint": thing.hint}


def _receiver_as_json(receiver: Receiver) -> dict[str, str]:
    return {
        "receiver": receiver.id,
        "name": receiver.name,
        "bulk": receiver.bulk,
        "source": receiver.source,
        "since": receiver.since.isoformat(),
        "read": receiver.read.isoformat(),
    }


def _rule_as_json(judged: Judged) -> dict[str, object]:
    rule = judged.rule
    return {
        "receiver": rule.receiver,
        "requirement": rule.says,
        "level": rule.level,
        "state": judged.state,
        "checks": list(rule.needs),
        "decided_by": judged.by,
        "found": judged.found,
        "hint": judged.hint,
        "source": rule.source,
        "since": rule.since.isoformat(),
    }
