"""Settings of the network: how letters leave, and how anything is fetched."""

from __future__ import annotations

from dataclasses import dataclass

from digest.config.settings.schema import ADDRESS, DOMAIN, ENVIRONMENT_NAME, URL, setting


@dataclass(frozen=True, slots=True)
class OutboxSettings:
    """`[delivery.outbox]`: a Maildir on this machine; needs no account."""

    path: str = setting("Folder of the Maildir.", "outbox")


@dataclass(frozen=True, slots=True)
class SmtpSettings:
    """`[delivery.smtp]`: any relay."""

    host: str = setting("Host of the relay.", "")
    port: int = setting("Port.", 587, minimum=1, maximum=65535)
    security: str = setting("How to protect it.", "starttls", choices=("none", "starttls", "tls"))
    username_env: str = setting("Variable that holds the user name.", "", pattern=ENVIRONMENT_NAME)
    password_env: str = setting("Variable that holds the password.", "", pattern=ENVIRONMENT_NAME)
    ca_file: str = setting("Certificates to trust besides the system's.", "")
    connections: int = setting("Connections at the same time.", 4, minimum=1, maximum=100)
    timeout: float = setting("Seconds to wait for an answer.", 60.0, minimum=1)
    hello: str = setting(
        "Name this machine gives itself (EHLO). Default: its own, when that resolves.",
        "",
        pattern=DOMAIN,
        example="envoi.example.org",
    )


@dataclass(frozen=True, slots=True)
class DkimSettings:
    """`[delivery.dkim]`: sign messages here, where no relay does it."""

    domain: str = setting(
        "Domain that signs, aligned with the sender's.", "", pattern=DOMAIN, example="example.org"
    )
    selector: str = setting(
        "Selector: the public key is the TXT record `selector._domainkey.domain`.",
        "",
        pattern=DOMAIN,
        example="lettre2026",
    )
    key_file: str = setting("File of the private key (PEM): RSA of 2048 bits, or Ed25519.", "")


@dataclass(frozen=True, slots=True)
class BounceSettings:
    """`[delivery.bounces]`: failures that come back by mail (SMTP relays)."""

    address: str = setting(
        "Mailbox that takes them; each message's return path adds a signed `+…` to it.",
        "",
        pattern=ADDRESS,
        example="rebonds@example.org",
    )
    maildir: str = setting("Maildir that `digest bounces` reads.", "")


@dataclass(frozen=True, slots=True)
class ThrottleSettings:
    """`[[delivery.throttles]]`: slower for the addresses of some domains (SMTP)."""

    domains: tuple[str, ...] = setting("Domains of addresses, such as `orange.fr`.", required=True)
    rate: float = setting("Messages a second for them together.", required=True, minimum=0.01)


@dataclass(frozen=True, slots=True)
class SendgridSettings:
    """`[delivery.sendgrid]`."""

    api_key_env: str = setting(
        "Variable that holds the key.", "SENDGRID_API_KEY", pattern=ENVIRONMENT_NAME
    )
    api_url: str = setting(
        "Host of the interface: a regional one, or a test's.",
        "https://api.sendgrid.com",
        pattern=URL,
        example="https://api.eu.sendgrid.com",
    )
    sandbox: bool = setting("SendGrid checks requests and delivers nothing.", False)
    timeout: float = setting("Seconds to wait for an answer.", 60.0, minimum=1)
    concurrency: int = setting("Requests at the same time.", 4, minimum=1, maximum=64)
    categories: tuple[str, ...] = setting(
        "Categories for SendGrid's statistics, besides the edition and the list.", ()
    )
    asm_group: int = setting(
        "SendGrid's own group of unsubscriptions. 0: none, our links are the way out.",
        0,
        minimum=0,
    )
    ip_pool: str = setting(
        "Name of a pool of addresses to send from.", "", pattern=r".{2,64}", example="lettres"
    )
    webhook_key: str = setting(
        "Public key of the signed event webhook (base64), as SendGrid shows it. Without it no "
        "event is taken.",
        "",
        pattern=r"[A-Za-z0-9+/=]{40,}",
        example="MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE…",
    )
    webhook_minutes: int = setting(
        "How old a signed event request may be.", 10, minimum=1, maximum=1440
    )


@dataclass(frozen=True, slots=True)
class DeliverySettings:
    """`[delivery]`."""

    provider: str = setting(
        "`outbox`, `smtp`, `sendgrid`, or `package.module:factory` of your own.",
        "outbox",
        pattern=r"outbox|smtp|sendgrid|[A-Za-z_][\w.]*:[A-Za-z_]\w*",
        example="outbox, smtp or sendgrid",
    )
    batch: int = setting("Deliveries claimed at once.", 1000, minimum=1, maximum=100_000)
    rate: float = setting("Messages a second, all together. 0: as fast as they go.", 0, minimum=0)
    max_age_hours: float = setting(
        "Hours since an edition was frozen (or since the moment it was to leave at) after which "
        "no run goes on with it by itself; a person says so with `--late`.",
        48.0,
        minimum=1,
        maximum=720,
    )
    metrics_file: str = setting(
        "File for Prometheus' text-file collector, written after every run.",
        "",
        example="/var/lib/prometheus/node-exporter/digest.prom",
    )
    throttles: tuple[ThrottleSettings, ...] = setting("", ())
    dkim: DkimSettings = setting("", DkimSettings)
    bounces: BounceSettings = setting("", BounceSettings)
    outbox: OutboxSettings = setting("", OutboxSettings)
    smtp: SmtpSettings = setting("", SmtpSettings)
    sendgrid: SendgridSettings = setting("", SendgridSettings)


@dataclass(frozen=True, slots=True)
class FetchSettings:
    """`[fetch]`: the one guarded way to the network."""

    allow: tuple[str, ...] = setting(
        "Hosts (`host` or `host:port`) that may be private addresses.", ()
    )
    contact: str = setting("Address or URL for the `User-Agent`.", "")
    proxy: str = setting(
        "What to do when the environment names a proxy: `refuse` says so and stops (the guard "
        "cannot see through it), `environment` uses it.",
        "refuse",
        choices=("refuse", "environment"),
    )
    timeout: float = setting("Seconds for one address in all.", 30.0, minimum=1)
    per_host: int = setting(
        "Addresses of one host that are fetched at the same time.", 4, minimum=1, maximum=32
    )
    max_bytes: int = setting("Bytes of one answer, decompressed.", 10_000_000, minimum=1000)
