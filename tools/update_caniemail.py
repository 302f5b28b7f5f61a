"""Reduces caniemail's data to what the check asks: `python tools/update_caniemail.py FROM`.

FROM is a file or an address of the data as published (https://www.caniemail.com/api/data.json).
The same data gives the same file; what changed is printed. Of each mail program only the newest
version is kept, and the notes that explain its support.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.request import urlopen

TARGET = Path(__file__).resolve().parent.parent / "src/digest/check/caniemail.json"

_MONTH = re.compile(r"\d{4}-\d{2}")
_NOTE = re.compile(r"#(\d+)")


def main(arguments: list[str], target: Path = TARGET) -> int:
    """Write the reduced file and say what became of each feature; 2 when FROM is not given."""
    if len(arguments) != 1:
        print(__doc__.splitlines()[0], file=sys.stderr)
        return 2
    old = json.loads(target.read_text(encoding="utf-8")) if target.exists() else {}
    new = reduced(json.loads(published(arguments[0])))
    target.write_text(as_text(new), encoding="utf-8")
    for line in changes(old, new):
        print(line)
    return 0


def published(place: str) -> str:
    """The text of a file, or of an address."""
    if not place.startswith(("https://", "http://")):
        return Path(place).read_text(encoding="utf-8")
    with urlopen(place, timeout=60) as answer:  # noqa: S310 - the two schemes above
        text: str = answer.read().decode("utf-8")
    return text


def reduced(source: dict[str, Any]) -> dict[str, Any]:
    """What is kept: a letter for every platform and feature (y, a: partly, n, u: unknown)."""
    features = sorted(source["data"], key=lambda feature: feature["slug"])
    platforms = sorted(
        {
            f"{family}.{platform}"
            for feature in features
            for family, platforms in feature["stats"].items()
            for platform in platforms
        }
    )
    return {
        "date": source["last_update_date"][:10],
        "families": dict(sorted(source["nicenames"]["family"].items())),
        "names": dict(sorted(source["nicenames"]["platform"].items())),
        "platforms": platforms,
        "features": {feature["slug"]: _feature(feature, platforms) for feature in features},
    }


def as_text(data: dict[str, Any]) -> str:
    """The file's text, one feature a line, so that a change can be read as one."""
    head = {key: value for key, value in data.items() if key != "features"}
    lines = [f"{json.dumps(key)}: {_json(value)}" for key, value in head.items()]
    features = ",\n".join(f"{json.dumps(k)}: {_json(v)}" for k, v in data["features"].items())
    return "{\n" + ",\n".join([*lines, f'"features": {{\n{features}\n}}']) + "\n}\n"


def changes(old: dict[str, Any], new: dict[str, Any]) -> Iterator[str]:
    """What an update did, a line each: dates, features that came, went or changed."""
    before, after = old.get("features", {}), new["features"]
    yield f"data of {old.get('date', 'none')} → {new['date']}, {len(after)} features"
    for slug in sorted({*before, *after}):
        if slug not in before:
            yield f"+ {slug}"
        elif slug not in after:
            yield f"- {slug}"
        else:
            was, now = (_by_platform(data, slug) for data in (old, new))
            moved = [
                f"{platform} {was.get(platform, 'u')}→{now.get(platform, 'u')}"
                for platform in sorted({*was, *now})
                if was.get(platform, "u") != now.get(platform, "u")
            ]
            if moved:
                yield f"~ {slug}: {', '.join(moved)}"


def _by_platform(data: dict[str, Any], slug: str) -> dict[str, str]:
    return dict(zip(data["platforms"], data["features"][slug]["support"], strict=True))


def _feature(feature: dict[str, Any], platforms: list[str]) -> dict[str, Any]:
    support, noted, used = "", {}, set()
    for name in platforms:
        family, _, platform = name.partition(".")
        letter, notes = _newest(feature["stats"].get(family, {}).get(platform, {}))
        support += letter
        known = [number for number in notes if number in (feature["notes_by_num"] or {})]
        if letter in "an" and known:
            noted[name] = known
            used.update(known)
    kept = {"title": feature["title"], "support": support}
    if noted:
        texts = feature["notes_by_num"]
        kept["noted"] = noted
        kept["notes"] = {
            number: " ".join(texts[number].split()) for number in sorted(used, key=int)
        }
    return kept


def _newest(versions: dict[str, str]) -> tuple[str, list[str]]:
    """The newest version's support and note numbers.

    Months compare; other versions stand in the order in which they came out.
    """
    if not versions:
        return "u", []
    months = all(_MONTH.fullmatch(version) for version in versions)
    said = versions[max(versions) if months else list(versions)[-1]]
    return said[0], _NOTE.findall(said)


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
