"""Knows what a page or a feed prints around prose, French and English: no sentence of an article.

Bylines, credits, calls to the reader, "Lire aussi", shares, bios, sponsoring lines, fragments of
lists, embeds; datelines are found by `datelines`. Made for precision: every pattern wants a plain
sign, since a sentence of the news taken for furniture is worse than a credit that is not.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from digest.text.biographies import introduced, is_biography, is_byline
from digest.text.datelines import AGENCY, MONTH, without_dateline

__all__ = ["is_furniture", "is_sign_off", "without_dateline"]

#: A paragraph with more characters is prose, whatever it contains.
_LONGEST = 600


def _any(*patterns: str) -> str:
    return "(?:" + "|".join(patterns) + ")"


_CREDIT = _any(
    r"©|\(c\) |copyright\b|tous droits réservés|all rights reserved",
    r"(?:crédits?|photos?|images?|illustrations?|vidéos?|légende|credits?|caption|pictures?|source"
    r"|tags?|mots[- ]clés|thèmes?|rubrique|keywords|topics)(?: (?:photos?|images?|by))? ?:",
    r"(?:photo|image) d['’](?:illustration|archives?)\b|capture d['’]écran\b",
)
_READ_ALSO = _any(
    r"(?:et |à )?(?:lire|voir|écouter|regarder|découvrir) (?:aussi|également)"
    r"(?:\W*$| ?[:|»›>→]|\s(?-i:[A-ZÀ-ÖØ-Þ«])|\s(?:notre|nos|les?|la)\b)",
    r"à (?:lire|voir|écouter|regarder) ?(?:[:»›>→]|(?:dans|sur) (?:notre|le même))",
    r"lire (?:la suite|notre|nos|l['’]article|plus ?(?:\W|$))|voir (?:la suite|notre)\b",
    r"(?:retrouvez|découvrez|écoutez|(?:re)?lisez|consultez) (?:ici|notre|nos|tou(?:te|s|tes)|cet"
    r"|l['’](?:article|émission|épisode|ensemble|intégralité)|les infos)\b",
    r"(?:sur le même sujet|dans la même rubrique|pour aller plus loin|(?:pour )?en savoir plus)"
    r"(?: ?[:.»›>→]| ?$| sur [^,.]{2,60}$"
    r"|, (?:lisez|consultez|cliquez|visitez|écoutez|rendez-vous|voir|lire)\b)",
    r"la rédaction vous (?:conseille|recommande|propose)|(?:read|see|watch|listen) (?:also|more)\b",
    r"also read\b|more on this\b|related(?: (?:articles|stories|topics|content))? ?(?::|$)",
)
_CALL_FIRST = _any(
    r"(?:abonnez|inscrivez|connectez|identifiez)[- ]vous|cliquez (?:ici|sur)|click (?:here|on)\b",
    r"(?:suivez|contactez|rejoignez|soutenez|écrivez)[- ](?:nous|moi)",
    r"(?:recevez|téléchargez|partagez) (?:chaque|tous|nos|notre|cet|gratuitement|l['’]\w+)\b",
    r"je m['’]abonne|déjà abonnée?|(?:article|contenu) réservé|cet article est réservé",
    r"il vous reste [\d,.]+ ?%|créez (?:un|votre) compte|la suite après",
    r"(?:subscribe|sign up|log in)(?: (?:to|for|now|today|here)\b|[.!:]|$)",
    r"(?:follow|support|contact|write to|join) us\b|join our\b|already a (?:subscriber|member)\b",
    r"(?:download|get) our (?:\w+ )?(?:app|newsletter)\b",
    r"partager (?:cet article|sur)\b|share this (?:article|story|post|on)\b",
    r"voir cette publication\b|(?:une publication|un post) partagée? par\b|view this post\b"
    r"|a post shared by\b",
)
_COOKIES = _any(
    r"(?:nous|ce site|we|this (?:web)?site)\b.{0,40}\bcookies\b",
    r"(?:en (?:poursuivant|continuant)|by continuing)\b.{0,80}\b(?:cookies|votre navigation)\b",
    r"(?:accepter|refuser|paramétrer|gérer|accept|reject|manage)\b.{0,20}"
    r"\b(?:cookies|traceurs|mes préférences)",
    r"(?:pour|afin d['’])\s?(?:accéder|visualiser|consulter) (?:à )?ce(?:tte)? (?:contenu|vidéo)",
    r"(?:ce contenu|cette vidéo) (?:a été bloquée?|n['’]est plus disponible)"
    r"|votre navigateur|veuillez activer",
)
_SPONSORED = _any(
    r"(?:cet (?:article|épisode)|ce (?:contenu|dossier|podcast)|(?:un )?contenu|article) (?:vous )?"
    r"(?:(?:est|a été) )?(?:sponsorisé|parrainé|(?:proposé|offert|financé|conçu) (?:par|pour)\b"
    r"|(?:réalisé|rédigé|produit) (?:en partenariat|pour le compte))",
    r"(?:cet article|this (?:article|story)) (?:a été|est|was|is|has been) (?:(?:initialement"
    r"|d['’]abord|first|originally) \w+|rédigé|traduit|republié|republished|translated)",
    r"(?:this|the) (?:article|content|story|post) is (?:sponsored|brought to you)",
    r"sponsored (?:by|content|post)\b|brought to you by\b|paid (?:post|content)\b",
    r"publi-?(?:rédactionnel|reportage)\b|(?:publicité|annonce|advertisement)\s?$",
)
#: By how it begins.
_BEGINS = re.compile(_any(_CREDIT, _READ_ALSO, _CALL_FIRST, _COOKIES, _SPONSORED), re.IGNORECASE)
#: By what stands in it.
_CONTAINS = re.compile(
    r"©|pic\.twitter\.com/|//t\.co/|AFP PHOTO|\b[Pp]hotos? (?:by|par|:) "
    r"|/ ?(?:AFP|Reuters|REUTERS|AP|Getty Images|SIPA|Sipa|MAXPPP)\b[^()]{0,40}\)"
    r"|\((?:[Pp]hotos?|[Pp]h\.|[Ii]mage|[Cc]rédits?)\b[^()]{0,80}\)\.?$"
    r"|[—–-] ?[^()]{1,60}\(@\w{2,30}\)|\(@\w{2,30}\),? (?:" + MONTH + r"|\d{1,2}) "
)
#: Without one of these there is nothing to look for.
_SIGNS = ("©", "(@", "/", "hoto", "PHOTO", "mage", "rédit", "(ph.", "(Ph.", "pic.")
_SHARED = (
    r"partager|partagez|partages?|tweeter|tweets?|imprimer|envoyer|commenter|commentaires?|réactions?"
    r"|copier le lien|copy link|facebook|twitter|whatsapp|linkedin|telegram|bluesky|instagram"
    r"|e-?mail|shares?|print|comments?|likes?|j['’]aime"
)
_STAMPED = (
    r"publiée?s?|mise? à jour|modifiée?|postée?|mise? en ligne|actualisée?|published|updated|posted"
    r"|temps de lecture|min(?:utes?)? de lecture|min(?:utes?)? read|reading time"
)
_OF_STAMPS = (
    rf"{_STAMPED}|{MONTH}|lundi|mardi|mercredi|jeudi|vendredi|samedi|dimanche|(?:mon|tues|wednes"
    r"|thurs|fri|satur|sun)day|le|à|at|on|last|il y a|ago|hier|aujourd['’]hui|yesterday|today"
    r"|par|by|min(?:utes?)?|heures?|hours?|jours?|days?|[ap]m|gmt|c?est|utc|\d{1,4}(?:er|st|nd|rd|th)?|h"
)
_GAP = r"(?:[\s,|·•–—/:.()-]++|(?<=\d)(?=h)|(?<=h)(?=\d)|$)"
_TIMESTAMP = re.compile(rf"(?:(?:{_OF_STAMPS}){_GAP})++", re.IGNORECASE)
_SHARE_LINE = re.compile(
    rf"(?:(?:{_SHARED}|sur|par|via|on|\d+(?:[,.]\d+)?|k|x){_GAP})++", re.IGNORECASE
)
_TELLING = re.compile(rf"\b(?:{_STAMPED}|{_SHARED})\b", re.IGNORECASE)
_WHOLE = re.compile(
    _any(
        rf"\(?(?:la rédaction )?(?:(?:avec|with|par) )?(?:les )?{AGENCY}"
        rf"(?:(?:,| et| and|/) ?(?:les )?{AGENCY})*\)?|\(?(?:avec )?la rédaction\)?",
        r"(?:en partenariat avec|in partnership with|avec le soutien de) [^,.!?]{2,80}",
        r"\*{1,3} ?[\w(][^*]*",
        r"[a-z]{2,5}(?:-[a-z]{1,5})*(?:/[a-z]{1,5}(?:-[a-z]{1,5})*)+",
        r"https?://\S+|@\w{2,30}|[\W_]*",
    )
    + r"\.?",
    re.IGNORECASE,
)
_LIST_MARK = re.compile(r"(?:[-–—•*●▪►▶✓→·]\s|[•●▪►▶]|\d{1,2}[.)°](?:\s|$)|[a-z]\)\s)\s*")
_ENDED = re.compile(r"[.!?…][\s»”\"’')\]]*\Z")
_CALL = re.compile(
    r"\b(?:contactez[- ](?:nous|moi|la rédaction)|écrivez[- ](?:nous|moi)|abonnez-vous"
    r"|suivez[- ](?:nous|moi)|inscrivez-vous à (?:notre|la|nos) |soutenez-nous|rejoignez-nous"
    r"|subscribe to our|follow (?:us|me) on|sign up (?:for|to) (?:our|the) (?:\w+ ){0,2}newsletter"
    r")",
    re.IGNORECASE,
)
_CALL_SIGNS = ("ez-", "ez nous", "ez moi", " us on", " me on", "sign up", "subscribe")
_QUOTED = re.compile(r"[«»“”\"]")


def is_furniture(paragraph: str) -> bool:
    """Whether a paragraph, or a sentence, is no part of the article's prose.

    >>> is_furniture("À lire aussi : Le barrage tient"), is_furniture("Le barrage tient.")
    (True, False)
    """
    text = paragraph.strip()
    if len(text) > _LONGEST:
        return False
    return _is_fragment(text) or _is_printed_around(text) or is_biography(text)


def _is_printed_around(text: str) -> bool:
    return (
        _BEGINS.match(text) is not None
        or (any(sign in text for sign in _SIGNS) and _CONTAINS.search(text) is not None)
        or _is_nothing_else(text)
        or is_byline(text)
        or _calls(text)
    )


def _is_nothing_else(text: str) -> bool:
    if _WHOLE.fullmatch(text):
        return True
    made_of = _TIMESTAMP.fullmatch(text) or _SHARE_LINE.fullmatch(text)
    return made_of is not None and _TELLING.search(text) is not None


def _is_fragment(text: str) -> bool:
    """« 1. Le climat se réchauffe. » is a sentence, « - Le climat » and « 1. » are fragments."""
    mark = _LIST_MARK.match(text)
    return mark is not None and (_ENDED.search(text, mark.end()) is None or text.endswith(" -"))


def _calls(text: str) -> bool:
    lower = text.lower()
    called = any(sign in lower for sign in _CALL_SIGNS) and _CALL.search(text) is not None
    return called and not _QUOTED.search(text)


_FIRST_PERSON = re.compile(r"\b(?:j['’]|je |mon |mes |ma |I |I['’]m |my )", re.IGNORECASE)
_CALLING = re.compile(
    r"\b(?:passionnée?|curieu(?:x|se)|journaliste|rédact(?:eur|rice)|correspondante?|blogueu"
    r"|chroniqueu|pigiste|journalist|reporter|writer|passionate|freelance)",
    re.IGNORECASE,
)
_LAST_WORDS = re.compile(
    r"\A(?:cet article (?:a été|est) (?:publié|paru|écrit)|this article (?:was|is) (?:published"
    r"|written))|\b(?:nous contacter|contact us|write to us|subscribe to|sign up for|follow me"
    r"|get in touch)\b",
    re.IGNORECASE,
)


def is_sign_off(paragraph: str, article: Sequence[str]) -> bool:
    """Whether the last paragraph of an article takes leave of the reader or tells who wrote it.

    `article` is the title and the paragraphs before: somebody they speak of is not the author.
    Here weaker signs do than in the middle of a text.
    """
    if len(paragraph) > _LONGEST:
        return False
    if _is_printed_around(paragraph):
        return True
    if _QUOTED.search(paragraph):
        return False
    if _FIRST_PERSON.search(paragraph) and _CALLING.search(paragraph):
        return True
    if _LAST_WORDS.search(paragraph):
        return True
    name = introduced(paragraph)
    surname = re.compile(rf"\b{re.escape(name.split()[-1])}\b") if name else None
    return surname is not None and not any(surname.search(other) for other in article)
