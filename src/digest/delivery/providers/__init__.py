"""The ways out of the house: a folder on this machine, any SMTP relay, SendGrid, or your own.

A provider is opened with a letter and knows nothing of the ledger. Your own is a factory
`package.module:name`, called with (config, letter, envelope), that returns a
`digest.model.sending.Provider`.
"""

from __future__ import annotations

import importlib
import logging
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from digest.config import Config
from digest.config.secrets import read_secret
from digest.delivery.message.building import MessageTemplate
from digest.delivery.message.encoding import header_address
from digest.delivery.message.envelope import Envelope, envelope_for, require_sending_settings
from digest.delivery.throttling import open_throttle
from digest.errors import ConfigError
from digest.model.sending import Letter, Provider, Recipient
from digest.store.database import Database

if TYPE_CHECKING:
    from digest.delivery.ledger.records import Dispatch
    from digest.delivery.message.signing import Signer

__all__ = ["check_provider", "open_provider", "outbox_folder"]

_log = logging.getLogger("digest.delivery")


def system_clock() -> datetime:
    """This moment in UTC."""
    return datetime.now(UTC)


def check_provider(config: Config, *, rehearse: bool = False) -> None:
    """Refuse, before anything is frozen, what `open_provider` would refuse afterwards.

    Raises:
        ConfigError: settings that the provider needs are missing; the message names them.
    """
    name = "outbox" if rehearse else config.delivery.provider
    if name in ("smtp", "sendgrid"):
        require_sending_settings(config, name)
    if not rehearse and config.picture_mode == "link" and not config.edition.image_base_url:
        raise ConfigError(
            f"{config.file}: edition.image_base_url: missing; provider “{name}” links pictures",
            'Set it to the address that serves the editions\' folder, or set images = "embed".',
        )
    if name == "smtp" and not config.delivery.smtp.host:
        raise ConfigError(
            f"{config.file}: delivery.smtp.host: missing",
            "Set it to the host of your relay, e.g. smtp.example.org.",
        )
    smtp = config.delivery.smtp
    if name == "smtp" and bool(smtp.username_env) != bool(smtp.password_env):
        given, missing = sorted(
            ("username_env", "password_env"), key=lambda n: not getattr(smtp, n)
        )
        raise ConfigError(
            f"{config.file}: delivery.smtp.{given} is set, delivery.smtp.{missing} is not",
            "Name both variables, or neither for a relay without a login.",
        )
    for variable, purpose in _secrets(config, name):
        read_secret(variable, purpose)
    if name in ("outbox", "smtp"):
        _signer(config)
    if name in ("smtp", "sendgrid"):
        open_throttle(config)
    if name == "smtp":
        _return_path(config, b"")
    if ":" in name:
        _factory(config, name)


def outbox_folder(config: Config, *, rehearse: bool = False) -> Path:
    """The outbox's Maildir, or a rehearsal's beside it."""
    path = config.path(config.delivery.outbox.path)
    return path.with_name(f"{path.name}-rehearsal") if rehearse else path


def _secrets(config: Config, name: str) -> list[tuple[str, str]]:
    """The variables that a provider reads, and what each holds."""
    delivery = config.delivery
    if name == "sendgrid":
        return [(delivery.sendgrid.api_key_env, "SendGrid's key")]
    if name == "smtp":
        pairs = (
            (delivery.smtp.username_env, "the relay's user name"),
            (delivery.smtp.password_env, "the relay's password"),
        )
        return [pair for pair in pairs if pair[0]]
    return []


def open_provider(
    config: Config,
    letter: Letter,
    *,
    rehearse: bool = False,
    clock: Callable[[], datetime] = system_clock,
    dispatch: Dispatch | None = None,
    database: Database | None = None,
) -> Provider:
    """The provider of `[delivery] provider`, ready to take this letter out.

    Args:
        rehearse: always the outbox, into `<path>-rehearsal`, emptied of the rehearsal before.
        clock: the time written into messages.
        dispatch: what the letter leaves in, and when; None for a copy that no ledger knows.
        database: keeps the key of the return paths; without it failures come back unsigned.

    Raises:
        ConfigError: a setting or secret is missing or cannot be used.
        TemplateError: the letter holds an unknown token.
    """
    check_provider(config, rehearse=rehearse)
    name = "outbox" if rehearse else config.delivery.provider
    envelope = envelope_for(config, letter, day=clock().astimezone(config.zone).date())
    if name == "outbox":
        from digest.delivery.providers.outbox import Outbox

        outbox = Outbox(
            outbox_folder(config, rehearse=rehearse), _template(config, letter, envelope), clock
        )
        if rehearse:
            outbox.empty()
        return outbox
    if name == "smtp":
        from digest.delivery.providers.smtp.provider import open_smtp

        return open_smtp(
            config,
            _template(config, letter, envelope),
            envelope.sender,
            clock,
            return_path=_return_path(config, _return_path_key(config, database)),
            throttle=open_throttle(config),
        )
    if name == "sendgrid":
        from digest.delivery.providers.sendgrid.provider import open_sendgrid

        return open_sendgrid(
            config,
            letter,
            envelope,
            now=clock(),
            dispatch=dispatch,
            database=database,
            throttle=open_throttle(config),
        )
    provider: Provider = _factory(config, name)(config, letter, envelope)
    return provider


def _template(config: Config, letter: Letter, envelope: Envelope) -> MessageTemplate:
    signer = _signer(config)
    if signer is not None:
        _tell_unwise_key(config)
    try:
        return MessageTemplate(letter, envelope, signer)
    except ValueError as error:
        raise ConfigError(
            f"{config.file}: publication.sender, reply_to or unsubscribe_mailto: {error}",
            "Write a plain address such as lettre@example.org.",
        ) from None


def _signer(config: Config) -> Signer | None:
    if not config.delivery.dkim.key_file:
        return None
    from digest.delivery.message.signing_key import open_signer

    return open_signer(config)


def _tell_unwise_key(config: Config) -> None:
    from digest.delivery.message.signing_key import key_warnings

    for problem, remedy in key_warnings(config):
        _log.warning("unwise DKIM key", extra={"digest": {"problem": problem, "remedy": remedy}})


def _return_path_key(config: Config, database: Database | None) -> bytes:
    if database is None or not config.delivery.bounces.address:
        return b""
    from digest.delivery.message.verp import return_path_key

    return return_path_key(database)


def _return_path(config: Config, key: bytes) -> Callable[[Recipient], str] | None:
    """Where failures come back to; None: to the sender. Without a key they name no delivery."""
    address = config.delivery.bounces.address
    if not address:
        return None
    from digest.delivery.message.verp import return_path

    try:
        path_of = return_path(address, key)
    except ValueError as error:
        raise ConfigError(
            f"{config.file}: delivery.bounces.address: {error}",
            "Write a short plain address such as rebonds@example.org.",
        ) from None
    plain = header_address(address)
    return path_of if key else lambda _recipient: plain


def _factory(config: Config, name: str) -> Callable[[Config, Letter, Envelope], Provider]:
    module_name, _, attribute = name.partition(":")
    try:
        factory: Callable[[Config, Letter, Envelope], Provider] = getattr(
            importlib.import_module(module_name), attribute
        )
    except (ImportError, AttributeError) as error:
        raise ConfigError(
            f"{config.file}: delivery.provider: “{name}” cannot be loaded: {error}",
            "Install the package into the same environment, or use outbox, smtp or sendgrid.",
        ) from None
    return factory
