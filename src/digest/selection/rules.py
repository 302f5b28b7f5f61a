"""What the selection needs of the settings, by shape: `[selection]` of `config.toml` has it.

The room stands below the configuration and does not import it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol


class Weights(Protocol):
    """The weight of each term of a rank."""

    @property
    def age(self) -> float:
        """Newer is higher."""
        ...

    @property
    def coverage(self) -> float:
        """Told by other publishers too."""
        ...

    @property
    def source(self) -> float:
        """The source's own weight."""
        ...

    @property
    def lead(self) -> float:
        """Has a published chapô."""
        ...

    @property
    def picture(self) -> float:
        """Has a picture."""
        ...

    @property
    def length(self) -> float:
        """Length of the text."""
        ...


class Quota(Protocol):
    """How many stories of one source, region, country or topic."""

    @property
    def of(self) -> str:
        """What is counted: `source`, `region`, `country` or `topic`."""
        ...

    @property
    def name(self) -> str:
        """Which one; a country also by its ISO code."""
        ...

    @property
    def at_least(self) -> int:
        """Stories that are taken first, as far as there are any."""
        ...

    @property
    def at_most(self) -> int:
        """Stories at most."""
        ...


class Rules(Protocol):
    """What is worth an edition, and how much of it."""

    @property
    def sections(self) -> tuple[str, ...]:
        """Names of the section to publish; empty: every section."""
        ...

    @property
    def stories(self) -> int:
        """Stories at most."""
        ...

    @property
    def briefs(self) -> int:
        """Sentences of “En bref” at most."""
        ...

    @property
    def per_source(self) -> int:
        """Stories from one source at most; 0: no cap."""
        ...

    @property
    def per_region(self) -> int:
        """Stories of one region at most; 0: no cap."""
        ...

    @property
    def per_country(self) -> int:
        """Stories of one country at most; 0: no cap."""
        ...

    @property
    def per_topic(self) -> int:
        """Stories that touch one topic at most; 0: no cap."""
        ...

    @property
    def quotas(self) -> Sequence[Quota]:
        """At least, and at most, so many of one kind."""
        ...

    @property
    def weights(self) -> Weights:
        """The weights of the rank's terms."""
        ...
