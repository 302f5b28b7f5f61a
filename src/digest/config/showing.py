"""The effective settings with where each came from, for `digest config show`."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from typing import Any

from digest.config.settings import Config
from digest.text.masking import mask_url


def effective_settings(config: Config) -> Iterator[tuple[str, Any, str]]:
    """Yield (dotted key, value, origin); a password inside a URL is masked."""
    yield from _walk(config, "", config)


def _walk(node: Any, prefix: str, config: Config) -> Iterator[tuple[str, Any, str]]:
    for spec in dataclasses.fields(node):
        if spec.metadata.get("internal"):
            continue
        key = f"{prefix}.{spec.name}".lstrip(".")
        value = getattr(node, spec.name)
        if dataclasses.is_dataclass(value):
            yield from _walk(value, key, config)
        elif isinstance(value, tuple) and value and dataclasses.is_dataclass(value[0]):
            for index, part in enumerate(value):
                yield from _walk(part, f"{key}[{index}]", config)
        else:
            shown = list(value) if isinstance(value, tuple) else value
            yield (
                key,
                mask_url(shown) if isinstance(shown, str) else shown,
                config.origins.get(key, "default"),
            )
