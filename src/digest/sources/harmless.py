"""Takes from an article what would speak to our own machinery: the opening of a personal token.

`%%{unsubscribe_url}%%` in somebody else's feed must neither reach a reader's link nor stop an
unattended letter. Applied to every source alike, also to those that others bring along.
"""

from __future__ import annotations

from dataclasses import replace

from digest.model.content import Article

_OPENING = "%%{"


def without_tokens(article: Article) -> Article:
    """The article with `%%{` written as `%{` wherever it stands."""
    picture = article.picture
    texts = (
        *(article.url, article.title, article.chapo, article.description, article.region),
        *(article.author, *article.categories, *(p.text for p in article.body)),
        *((picture.alt, picture.caption, picture.credit) if picture else ()),
    )
    if _OPENING not in "\n".join(texts):
        return article
    return replace(
        article,
        url=_plain(article.url),
        title=_plain(article.title),
        chapo=_plain(article.chapo),
        description=_plain(article.description),
        region=_plain(article.region),
        author=_plain(article.author),
        categories=tuple(map(_plain, article.categories)),
        body=tuple(replace(part, text=_plain(part.text)) for part in article.body),
        picture=picture
        and replace(
            picture,
            alt=_plain(picture.alt),
            caption=_plain(picture.caption),
            credit=_plain(picture.credit),
        ),
    )


def _plain(text: str) -> str:
    while _OPENING in text:
        text = text.replace(_OPENING, "%{")
    return text
