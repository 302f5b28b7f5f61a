"""What large receivers ask of bulk senders (`rules.toml`), and whether it is met here.

Pure: it knows only what the checks said. Where a check is not decided, neither is the rule.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib.resources import files
from typing import Any, Literal

from digest.doctor.examined import Examined

Met = Literal["met", "missing", "not checkable here"]


@dataclass(frozen=True, slots=True)
class Receiver:
    """A large receiver; `bulk` says who counts as a bulk sender, `source` where its rules stand.

    `read` is the state of that page which the rules were taken from.
    """

    id: str
    name: str
    bulk: str
    since: date
    source: str
    read: date


@dataclass(frozen=True, slots=True)
class Rule:
    """One requirement: what it says, by when, where it stands, and the checks that decide it."""

    receiver: str
    says: str
    source: str
    since: date
    level: Literal["required", "advised"] = "required"
    needs: tuple[str, ...] = ()
    strict: bool = False
    met: str = ""
    elsewhere: str = ""


@dataclass(frozen=True, slots=True)
class Judged:
    """A rule, whether it is met, why, what to do, and the check that said so, if one did."""

    rule: Rule
    state: Met
    found: str
    hint: str = ""
    by: str = ""


@dataclass(frozen=True, slots=True)
class KnownRelay:
    """A provider's relay: its host's end, the SPF terms it wants, what it does to the return path.

    `return_path` says whose letters leave with, `bounces` whether they come back to ours.
    """

    host: str
    name: str
    spf: str
    return_path: Literal["ours", "its own"]
    bounces: Literal["returned", "forwarded", "kept"]


@dataclass(frozen=True, slots=True)
class Rulebook:
    """Everything that stands in `rules.toml`."""

    receivers: tuple[Receiver, ...]
    rules: tuple[Rule, ...]
    relays: tuple[KnownRelay, ...]
    mailboxes: frozenset[str]

    def relay(self, host: str) -> KnownRelay | None:
        """The provider whose relay a host is; None for any other."""
        labels = f".{host.casefold().rstrip('.')}"
        return next((one for one in self.relays if labels.endswith(f".{one.host}")), None)


@cache
def rulebook() -> Rulebook:
    """The rules, as they ship with the program."""
    text = files("digest.doctor.deliverability").joinpath("rules.toml").read_text("utf-8")
    tree: dict[str, Any] = tomllib.loads(text)
    receivers = tuple(Receiver(**one) for one in tree["receivers"])
    by_id = {one.id: one for one in receivers}
    rules = tuple(
        Rule(
            **{
                "source": by_id[one["receiver"]].source,
                "since": by_id[one["receiver"]].since,
                **one,
                "needs": tuple(one.get("needs", ())),
            }
        )
        for one in tree["rules"]
    )
    relays = tuple(KnownRelay(**one) for one in tree["relays"])
    return Rulebook(receivers, rules, relays, frozenset(tree["mailboxes"]["domains"]))


def judge(rules: tuple[Rule, ...], checks: Mapping[str, Examined]) -> tuple[Judged, ...]:
    """Each rule against what the checks said, in the same order."""
    return tuple(_judge(rule, checks) for rule in rules)


def _judge(rule: Rule, checks: Mapping[str, Examined]) -> Judged:
    if rule.elsewhere:
        return Judged(rule, "not checkable here", rule.elsewhere)
    deciding = [checks[name] for name in rule.needs]
    bad = {"error", "warning"} if rule.strict else {"error"}
    for one in deciding:
        if one.state in bad:
            return Judged(rule, "missing", one.found, one.hint, one.name)
    for one in deciding:
        if one.state == "unknown":
            return Judged(rule, "not checkable here", one.found, one.hint, one.name)
    return Judged(rule, "met", rule.met)
