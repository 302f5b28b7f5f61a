"""Every setting: its type, its default, what is allowed and what it is for.

The dataclasses of this package are the schema, gathered in `Config`. `loading` fills
them, `showing` prints them, and a test holds `docs/configuration.md` against them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import cast
from zoneinfo import ZoneInfo

from digest.config.settings.content import (
    QuotaSettings,
    SelectionSettings,
    SourceSettings,
    SummarySettings,
    WeightSettings,
)
from digest.config.settings.delivery import (
    BounceSettings,
    DeliverySettings,
    DkimSettings,
    FetchSettings,
    OutboxSettings,
    SendgridSettings,
    SmtpSettings,
    ThrottleSettings,
)
from digest.config.settings.letter import (
    CheckSettings,
    EditionSettings,
    PictureMode,
    SilencedSettings,
)
from digest.config.settings.operating import ScheduleSettings, StoreSettings
from digest.config.settings.publication import ListSettings, PublicationSettings
from digest.config.settings.schema import setting
from digest.config.settings.sponsorship import SlotSettings, SponsorshipSettings
from digest.config.settings.theme import DarkSettings, LightSettings, ThemeSettings
from digest.model.sponsorship import Slot

__all__ = [
    "BounceSettings",
    "CheckSettings",
    "Config",
    "DarkSettings",
    "DeliverySettings",
    "DkimSettings",
    "EditionSettings",
    "FetchSettings",
    "LightSettings",
    "ListSettings",
    "OutboxSettings",
    "PictureMode",
    "PublicationSettings",
    "QuotaSettings",
    "ScheduleSettings",
    "SelectionSettings",
    "SendgridSettings",
    "SilencedSettings",
    "SlotSettings",
    "SmtpSettings",
    "SourceSettings",
    "SponsorshipSettings",
    "StoreSettings",
    "SummarySettings",
    "ThemeSettings",
    "ThrottleSettings",
    "WeightSettings",
    "setting",
]


@dataclass(frozen=True, slots=True)
class Config:
    """All settings of a publication, and what stands beside `config.toml`.

    `root` is the folder of the file; `path()` resolves against it. `origins` maps a dotted key to
    `default`, `file` or `environment`.
    """

    publication: PublicationSettings = setting("", required=True)
    sources: tuple[SourceSettings, ...] = setting("", ())
    selection: SelectionSettings = setting("", SelectionSettings)
    summary: SummarySettings = setting("", SummarySettings)
    edition: EditionSettings = setting("", EditionSettings)
    theme: ThemeSettings = setting("", ThemeSettings)
    slots: tuple[SlotSettings, ...] = setting("", ())
    sponsorship: SponsorshipSettings = setting("", SponsorshipSettings)
    lists: tuple[ListSettings, ...] = setting("", lambda: (ListSettings(name="main"),))
    store: StoreSettings = setting("", StoreSettings)
    schedule: ScheduleSettings = setting("", ScheduleSettings)
    delivery: DeliverySettings = setting("", DeliverySettings)
    fetch: FetchSettings = setting("", FetchSettings)
    check: CheckSettings = setting("", CheckSettings)
    root: Path = field(default=Path(), metadata={"internal": True})
    file: Path = field(default=Path("config.toml"), metadata={"internal": True})
    origins: Mapping[str, str] = field(default_factory=dict, metadata={"internal": True})

    @property
    def zone(self) -> ZoneInfo:
        """The publication's zone."""
        return ZoneInfo(self.publication.timezone)

    def path(self, relative: str) -> Path:
        """A path of the configuration, resolved against the folder of `config.toml`."""
        return (self.root / relative).resolve()

    def shown(self, path: Path) -> str:
        """A path as messages give it: relative to the publication's folder when it lies there."""
        for folder in (self.root, self.root.resolve()):
            if path.is_relative_to(folder):
                return path.relative_to(folder).as_posix()
        return path.as_posix()

    @property
    def picture_mode(self) -> PictureMode:
        """How the letter refers to its pictures."""
        if self.edition.images == "auto":
            return "embed" if self.delivery.provider == "outbox" else "link"
        return cast(PictureMode, self.edition.images)

    def model_slots(self, default_labels: Mapping[str, str]) -> tuple[Slot, ...]:
        """The slots as the sponsorship room uses them; `default_labels` by position."""
        return tuple(
            Slot(s.name, s.position, s.label or default_labels[s.position], s.after, s.house)
            for s in self.slots
        )
