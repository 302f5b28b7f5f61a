"""What the selection needs of the settings, by shape: `[selection]` of `config.toml` has it.

The room stands below the configuration and does not import it.
"""

from __future__ import annotations

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
    def weights(self) -> Weights:
        """The weights of the rank's terms."""
        ...
