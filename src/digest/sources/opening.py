"""Makes the sources that `config.toml` names, in its order."""

from __future__ import annotations

import importlib
from typing import cast

from digest.config import Config, SourceSettings
from digest.errors import ConfigError
from digest.net import Web
from digest.sources.feed import FeedSource
from digest.sources.files import FilesSource
from digest.sources.site import SITE_KINDS
from digest.sources.source import Source


def open_sources(config: Config, web: Web) -> list[Source]:
    """The sources of a publication; none of them has read anything yet.

    Those of the web ask `web`. A kind `package.module:factory` is called with its
    `SourceSettings` and the `Config`.

    Raises:
        ConfigError: a source of one's own cannot be found, or does not return a source.
    """
    return [open_source(settings, config, web) for settings in config.sources]


def open_source(settings: SourceSettings, config: Config, web: Web) -> Source:
    """One source by its settings, whether `config.toml` has it or not yet.

    Raises:
        ConfigError: as `open_sources`.
    """
    if settings.kind == "files":
        return FilesSource(settings, config)
    if settings.kind == "feed":
        return FeedSource(settings, config, web)
    if settings.kind in SITE_KINDS:
        return SITE_KINDS[settings.kind](settings, config, web)
    return _own(f"{config.file}: {_key_of(settings, config)}", settings, config)


def _key_of(settings: SourceSettings, config: Config) -> str:
    if settings in config.sources:
        return f"sources[{config.sources.index(settings)}].kind"
    return f"source “{settings.name}”"


def _own(key: str, settings: SourceSettings, config: Config) -> Source:
    module_name, _, factory_name = settings.kind.partition(":")
    try:
        module = importlib.import_module(module_name)
    except ImportError as error:
        raise ConfigError(
            f"{key}: found “{settings.kind}”, but {module_name} cannot be imported ({error})",
            "Install the package in the environment that digest runs in, or mend the name.",
        ) from error
    factory = getattr(module, factory_name, None)
    if not callable(factory):
        raise ConfigError(
            f"{key}: found “{settings.kind}”, but {module_name} has no function {factory_name}",
            "Name a function or class that takes the source's settings and the configuration.",
        )
    source = factory(settings, config)
    if not isinstance(getattr(source, "name", None), str) or not callable(
        getattr(source, "articles", None)
    ):
        raise ConfigError(
            f"{key}: “{settings.kind}” returned {type(source).__name__}, which is not a source",
            "A source has a name and a method articles(window).",
        )
    return cast("Source", source)
