"""`config.toml` + environment → one frozen `Config`; `sponsors/*.toml` → sponsors.

Later wins: default, file, environment (`DIGEST__DELIVERY__PROVIDER=smtp`). Every
mistake names the file, the line, the key, the value found and what is allowed. All settings,
their defaults and their meaning stand in `digest.config.settings`, nowhere else.
"""

from digest.config.loading import load_config, setting_place
from digest.config.settings import Config, SourceSettings
from digest.config.showing import effective_settings
from digest.config.sponsor_files import load_sponsors

__all__ = [
    "Config",
    "SourceSettings",
    "effective_settings",
    "load_config",
    "load_sponsors",
    "setting_place",
]
