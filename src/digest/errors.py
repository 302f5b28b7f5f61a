"""Every error a user can meet, with what to do next and the exit code it ends in.

    DigestError                  1  a fault of the program
    ├── UsageError               2  an option or argument that cannot be
    │   └── ConfigError          2  config.toml, sponsors/*.toml, environment: file, key, value
    ├── InputError               2  a file given to a command cannot be read as what it should be
    ├── SourceError              3  articles could not be had
    │   └── FetchError           3  an address gave no answer, or one that is no use
    ├── CredentialsError         4  the provider refused who we say we are
    ├── ContentError             5  this edition may not leave
    │   ├── TemplateError        5  a template's fault, with file and line
    │   ├── EditionFileError     5  edition.toml cannot be read as an edition
    │   │   └── BodyError        5  a story's body has a mistake in its mark-up
    │   ├── SponsorshipError     5  a slot sold twice, a placement without label or name
    │   ├── CheckError           5  the check found errors
    │   └── ApprovalError        5  not approved, or not what was approved
    ├── IncompleteError          6  some deliveries are pending; the same command goes on
    ├── UnknownOutcomeError      7  some outcomes are unknown; they are not sent again
    ├── StoreError               8  the store cannot be used now: locked, unwritable, to be migrated
    │   └── LedgerError          8  the ledger does not add up, or contradicts itself
    ├── DeclinedError            9  the person asked said no
    └── StoppedError           130  Ctrl-C, after what was in flight has been finished

Only `digest.cli` turns them into exit codes. `message` says what was found and where,
`hint` what to do about it.
"""

from __future__ import annotations

from typing import Literal

#: Why an address gave no answer, where that is known: its name does not exist, it is private, its
#: protection fails, it redirects without end, the time was over, nobody is there, or its site asks
#: programs to stay away.
FetchCause = Literal[
    "", "name", "private", "protection", "redirects", "time", "connection", "robots"
]


class DigestError(Exception):
    """Base of all errors meant for a user.

    Args:
        message: what was found, naming file, line, key or row.
        hint: what to do next, one sentence; may be empty.
    """

    exit_code = 1

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class UsageError(DigestError):
    """An option or argument has a value that cannot be used."""

    exit_code = 2


class ConfigError(UsageError):
    """A setting is missing, unknown or has a value that is not allowed."""


class InputError(DigestError):
    """A file handed to a command is not what the command reads."""

    exit_code = 2


class SourceError(DigestError):
    """A source could not be read, or no source was left."""

    exit_code = 3


class FetchError(SourceError):
    """An address could not be fetched.

    Args:
        message: the address, and what happened.
        hint: what to do next.
        status: what the server answered; 0 when it did not.
        retry_after: the answer's `Retry-After` as it stands there, or "".
        cause: why there was no answer, where that is known.
    """

    def __init__(
        self,
        message: str,
        hint: str = "",
        *,
        status: int = 0,
        retry_after: str = "",
        cause: FetchCause = "",
    ) -> None:
        super().__init__(message, hint)
        self.status = status
        self.retry_after = retry_after
        self.cause = cause


class CredentialsError(DigestError):
    """The provider refused the credentials."""

    exit_code = 4


class ContentError(DigestError):
    """This edition may not leave as it is, or there is none."""

    exit_code = 5


class TemplateError(ContentError):
    """A template is missing, broken or uses something that does not exist."""


class EditionFileError(ContentError):
    """`edition.toml` cannot be read as an edition."""


class BodyError(EditionFileError):
    """The body of a story has a mistake in its mark-up.

    Args:
        message: the story, the line of its body, and what was found.
        hint: what to do next.
        url: the story's.
        line: of the body, from 1.
    """

    def __init__(self, message: str, hint: str, *, url: str, line: int) -> None:
        super().__init__(message, hint)
        self.url = url
        self.line = line


class SponsorshipError(ContentError):
    """A slot is sold twice, or a placement lacks its label or its sponsor's name."""


class CheckError(ContentError):
    """The check found errors."""


class ApprovalError(ContentError):
    """The edition is not approved, or differs from what was approved."""


class IncompleteError(DigestError):
    """Some deliveries are pending; the same command is safe to run again."""

    exit_code = 6


class UnknownOutcomeError(DigestError):
    """The outcome of some deliveries is unknown; they are not sent again by themselves."""

    exit_code = 7


class StoreError(DigestError):
    """The store is locked, cannot be written, or needs a migration."""

    exit_code = 8


class LedgerError(StoreError):
    """The ledger does not add up, or rows contradict what is known of them."""


class DeclinedError(DigestError):
    """The person asked said no."""

    exit_code = 9


class StoppedError(DigestError):
    """Ctrl-C: what was in flight was finished, the rest is pending."""

    exit_code = 130
