"""The `digest` command: where errors become exit codes and text meets the terminal."""

from __future__ import annotations

import os
import re
import sys
import traceback
from pathlib import Path
from typing import Annotated, Literal

import typer
from typer.exceptions import TyperException

from digest import __version__
from digest.cli.frame import close_what_was_opened, err, log_event, write_logs
from digest.cli.operation import config, db, doctoring, setting_up, signing, working
from digest.cli.panels import OPERATION, PEOPLE, WEEKLY
from digest.cli.people import sponsors, subscribers, suppress
from digest.cli.sending import balances, bouncing, cancelling, proving, reconciling, send
from digest.cli.sources import commands as source_commands
from digest.cli.usage import tell_usage
from digest.cli.weekly import (
    approving,
    building,
    checking,
    editions,
    explaining,
    previewing,
    shortlisting,
    summarising,
    template,
)
from digest.errors import DigestError, UsageError

EXIT_CODES = """
[bold]Exit codes[/bold]  0 done · 1 bug · 2 usage or configuration ·
3 a source failed · 4 provider refused the credentials ·
5 content: nothing to publish, checks failed, not approved ·
6 incomplete, safe to run again · 7 some outcomes unknown ·
8 store locked, unwritable or to be migrated, or a ledger that
does not add up · 9 declined · 130 interrupted
"""

#: Control characters but line feed and tab, and those that turn the direction of writing.
_STEERING = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]")
_LONGEST_ERROR = 10_000

app = typer.Typer(
    name="digest",
    help="The weekly newsletter of a newsroom, from articles to inboxes.\n\n"
    "[bold]digest send[/bold] does it all: it selects the week's articles, summarises them, places "
    "the sponsors, checks the letter and sends it once to each reader.",
    epilog=EXIT_CODES,
    no_args_is_help=True,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
    add_completion=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _tell_version(wanted: bool) -> None:
    if wanted:
        sys.stdout.write(f"digest {__version__}\n")
        raise typer.Exit


@app.callback()
def digest(
    context: typer.Context,
    version: Annotated[
        bool,
        typer.Option("--version", help="Print the version.", is_eager=True, callback=_tell_version),
    ] = False,
    log_level: Annotated[
        Literal["debug", "info", "warning", "error"],
        typer.Option(envvar="DIGEST_LOG_LEVEL", help="What is logged: this and what is graver."),
    ] = "warning",
    log_format: Annotated[
        Literal["text", "json"],
        typer.Option(envvar="DIGEST_LOG_FORMAT", help="Lines for people, or a JSON object each."),
    ] = "text",
    log_file: Annotated[
        Path | None,
        typer.Option(
            envvar="DIGEST_LOG_FILE",
            help="Log to the end of this file. Default: standard error.",
            metavar="FILE",
        ),
    ] = None,
) -> None:
    """Options before any command."""
    write_logs(log_format, log_level, log_file)
    log_event("command started", command=context.invoked_subcommand, version=__version__)


building.register(app)
previewing.register(app)
checking.register(app)
approving.register(app)
explaining.register(app)
summarising.register(app)
send.register(app)
cancelling.register(app)
balances.register(app)
proving.register(app)
reconciling.register(app)
bouncing.register(app)
setting_up.register(app)
doctoring.register(app)
signing.register(app)
working.register(app)
app.add_typer(shortlisting.app, name="shortlist", rich_help_panel=WEEKLY)
app.add_typer(editions.app, name="editions", rich_help_panel=WEEKLY)
app.add_typer(source_commands.app, name="sources", rich_help_panel=WEEKLY)
app.add_typer(template.app, name="template", rich_help_panel=WEEKLY)
app.add_typer(subscribers.app, name="subscribers", rich_help_panel=PEOPLE)
app.add_typer(suppress.app, name="suppress", rich_help_panel=PEOPLE)
app.add_typer(sponsors.app, name="sponsors", rich_help_panel=PEOPLE)
app.add_typer(config.app, name="config", rich_help_panel=OPERATION)
app.add_typer(db.app, name="db", rich_help_panel=OPERATION)


def main() -> None:
    """Run the command line and end the process with its exit code."""
    # Who started us may have closed them: there is nothing to read, and nobody who reads.
    if sys.stdin is None:
        sys.stdin = os.fdopen(os.open(os.devnull, os.O_RDONLY))
    if sys.stdout is None:
        sys.stdout = os.fdopen(os.open(os.devnull, os.O_WRONLY), "w")
    sys.exit(run(sys.argv[1:]))


def run(arguments: list[str]) -> int:
    """Run one command; returns its exit code. Every error is told on standard error."""
    try:
        code = _carry_out(arguments)
        log_event("command ended", exit_code=code)
        return code
    finally:
        close_what_was_opened()


def _carry_out(arguments: list[str]) -> int:
    try:
        result = app(arguments, prog_name="digest", standalone_mode=False)
    except DigestError as error:
        log_event("command failed", error=error.message, hint=error.hint)
        tell(error)
        return error.exit_code
    except typer.Exit as leaving:
        return leaving.exit_code
    except TyperException as error:
        tell_usage(error)
        return UsageError.exit_code
    except (typer.Abort, KeyboardInterrupt):
        err().print("Interrupted.")
        return 130
    except BrokenPipeError:
        return _leave_pipe()
    except SystemExit as leaving:
        # What click makes of a pipe that was closed while a command wrote to it.
        if isinstance(leaving.__context__, BrokenPipeError):
            return _leave_pipe()
        raise
    except Exception as error:
        log_event("command failed", bug=error)
        return _tell_bug(error)
    return result if isinstance(result, int) else 0


def tell(error: DigestError) -> None:
    """Print an error and what to do about it."""
    from rich.markup import escape

    err().print(f"[bold red]Error:[/] {escape(_harmless(error.message))}")
    if error.hint:
        err().print(f"  {escape(_harmless(error.hint))}")


def _harmless(text: str) -> str:
    """Without what would steer a terminal, and of a sensible length."""
    shown = _STEERING.sub("", text)
    return shown if len(shown) <= _LONGEST_ERROR else f"{shown[:_LONGEST_ERROR]}…"


def _leave_pipe() -> int:
    """Who reads our output has had enough: nothing more is written, and nothing went wrong."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return 0


def _tell_bug(error: Exception) -> int:
    if os.environ.get("DIGEST_DEBUG"):
        traceback.print_exception(error)
    last = traceback.extract_tb(error.__traceback__)[-1]
    err().print(
        f"[bold red]Bug:[/] {type(error).__name__} in {Path(last.filename).name}:"
        f"{last.lineno}. Nothing was sent twice; the ledger is as it was.",
        markup=True,
    )
    err().print("  Run again with DIGEST_DEBUG=1 for the details, and report them.")
    return 1


__all__ = ["app", "main", "run"]
