"""The picture of an article among those that its page names.

Only addresses of the web; counting pixels, logos and the site's stand-ins are none. The words for
it (alternative, caption, credit) are taken from the figure when it shows the same file.
"""

from __future__ import annotations

import re
from dataclasses import replace
from urllib.parse import unquote, urljoin, urlsplit

from digest.model.content import Picture
from digest.sources.article_page.raw_page import Figure, RawPage
from digest.text.addresses import canonical_url

_NONE = re.compile(
    r"(?:^|[-_./])(?:logo|logos|default|placeholder|favicon|avatar|blank|spacer|pixel|1x1)"
    r"(?:$|[-_./\d])",
    re.IGNORECASE,
)
_NO_PICTURE = (".svg", ".ico", ".mp4", ".gifv")
_STAMP = re.compile(r"[0-9a-f]{12,}|\d{6,}")


def page_picture(page: RawPage, url: str) -> Picture | None:
    """The widest picture the page states for its article, or the first that is set into it."""
    named = [_stated(part, url) for part in (*_linked(page), _open_graph(page))]
    found = [picture for picture in named if picture is not None]
    shown = _stated(_of_figure(page.figure), url) if page.figure else None
    best = max(found, key=lambda picture: picture.width, default=None)
    if best is None:
        return shown
    for other in (*found, *([shown] if shown else [])):
        if other is not best and _same_file(best.location, other.location):
            best = replace(
                best,
                alt=best.alt or other.alt,
                caption=best.caption or other.caption,
                credit=best.credit or other.credit,
            )
    return best


def usable_picture(location: str) -> str:
    """The address of a picture that can be shown, or ""."""
    path = unquote(urlsplit(location).path) if canonical_url(location) else ""
    name = path.rpartition("/")[2]
    return "" if not path or _NONE.search(name) or name.lower().endswith(_NO_PICTURE) else location


def pixels(text: str) -> int:
    """`1200`, `1200px` or `1200.0` as a number; 0 when it is none."""
    found = re.fullmatch(r"\s*(\d{1,5})(?:\.\d+)?\s*(?:px)?\s*", text)
    return int(found[1]) if found else 0


def _stated(picture: Picture, url: str) -> Picture | None:
    if not picture.location.strip():
        return None
    try:
        location = usable_picture(urljoin(url, picture.location.strip()))
    except ValueError:
        return None
    if not location or picture.width == 1 or picture.height == 1:
        return None
    return replace(picture, location=location)


def _linked(page: RawPage) -> list[Picture]:
    return [
        Picture(
            part.location,
            "",
            part.caption,
            part.credit,
            pixels(part.width),
            pixels(part.height),
        )
        for part in page.linked.pictures
    ]


def _open_graph(page: RawPage) -> Picture:
    def stated(*names: str) -> str:
        return next((page.meta[name][0] for name in names if name in page.meta), "")

    return Picture(
        stated("og:image:secure_url", "og:image", "og:image:url", "twitter:image"),
        stated("og:image:alt", "twitter:image:alt"),
        "",
        "",
        pixels(stated("og:image:width")),
        pixels(stated("og:image:height")),
    )


def _of_figure(figure: Figure) -> Picture:
    return Picture(figure.location, figure.alt, figure.caption, figure.credit)


def _same_file(one: str, other: str) -> bool:
    """Whether two addresses show one picture in two sizes: equal names, or a long stamp in both."""
    first, second = urlsplit(one).path, urlsplit(other).path
    if first.rpartition("/")[2] == second.rpartition("/")[2]:
        return True
    return bool(set(_STAMP.findall(first)) & set(_STAMP.findall(second)))
