"""Who says a quotation, as the sentence around it prints it: a proper name, and a role if any.

Reads « … », a déclaré la glaciologue Maren Solvik · « … », explique Maren Solvik, glaciologue à
l'Institut de Karsa · Maren Solvik, glaciologue, assure : « … » · “…,” said Maren Solvik, and
nothing that leaves a doubt: where a role ends and a name begins must be plain, and no name is no
speaker. Which quotation is worth printing is for `quoting` to choose.
"""

from __future__ import annotations

import re
from typing import NamedTuple


class Speaker(NamedTuple):
    """A name as printed, and a role as printed, without its article; empty when there is none."""

    name: str
    role: str


def speaker_after(text: str) -> Speaker | None:
    """The speaker in what follows a quotation, `text` beginning behind its closing mark.

    >>> speaker_after(", a déclaré mardi la glaciologue Maren Solvik.")
    Speaker(name='Maren Solvik', role='glaciologue')
    """
    verb = _FRENCH_AFTER.match(text) or _SAID_FIRST.match(text)
    if verb:
        return _speaker(text[verb.end() :])
    said = _SAID_LAST.match(text)
    return _speaker(said["who"]) if said else None


def speaker_before(text: str) -> Speaker | None:
    """The speaker in what leads to a quotation, `text` ending before its opening mark.

    >>> speaker_before("Maren Solvik, glaciologue à Karsa, l'assure : ")
    Speaker(name='Maren Solvik', role='glaciologue à Karsa')
    """
    found = _LEADS.fullmatch(text)
    return _speaker(found["who"]) if found else None


_SAYS = (
    r"(?:déclare|dit|affirme|assure|explique|indique|estime|juge|ajoute|précise|lance|martèle"
    r"|insiste|souligne|prévient|avertit|dénonce|regrette|déplore|confie|raconte|réagit|répond"
    r"|répète|résume|conclut|commente|rappelle|plaide|promet|reconnaît|admet|témoigne|poursuit"
    r"|écrit|note|renchérit|tranche|relève|observe|soutient|soupire|glisse|analyse|argue|clame"
    r"|résume|s['’](?:exclame|insurge|indigne|inquiète|alarme|agace|désole|émeut|étonne)"
    r"|se (?:félicite|réjouit|désole|souvient|défend))"
)
_SAID = (
    r"(?:déclaré|dit|affirmé|assuré|expliqué|indiqué|estimé|jugé|ajouté|précisé|lancé|martelé"
    r"|insisté|souligné|prévenu|averti|dénoncé|regretté|déploré|confié|raconté|réagi|répondu"
    r"|répété|résumé|conclu|commenté|rappelé|plaidé|promis|reconnu|admis|témoigné|poursuivi|écrit"
    r"|noté|renchéri|tranché|relevé|observé|soutenu|soupiré|glissé|tweeté|twitté|argué|clamé|tonné"
    r"|fait (?:valoir|savoir)|mis en garde)"
)
_ADVERB = r"(?:\s(?:ainsi|aussi|également|encore|notamment|alors|par ailleurs|pour sa part|enfin))?"
_FRENCH_SAYING = (
    rf"(?:{_SAYS}|(?:a|avait){_ADVERB}\s{_SAID}"
    rf"|s['’](?:est|était){_ADVERB}\s(?:exclamée?|félicitée?|réjouie?|insurgée?|indignée?|inquiétée?"
    rf"|alarmée?|agacée?|désolée?|défendue?|souvenue?)){_ADVERB}"
)
_DAY = (
    r"(?:lundi|mardi|mercredi|jeudi|vendredi|samedi|dimanche)(?: (?:matin|midi|soir|après-midi))?"
    r"(?: \d{1,2}(?:er)?(?: [a-zéû]+)?)?|hier|aujourd['’]hui"
)
#: When and to whom, between the verb and the speaker.
_ASIDE = (
    rf"(?:\s(?:ce )?(?:{_DAY})|\s(?:à|auprès de) (?:l['’]AFP|la presse|des journalistes|Reuters)"
    r"|\s(?:sur|à|au|dans) (?:Twitter|BFMTV|BFM-TV|RTL|LCI|CNews|RMC|TF1|Facebook|X|franceinfo"
    r"|France (?:Inter|Info|2|3|24|Culture|Bleu)|Europe ?1|un (?:communiqué|tweet|entretien))"
    r"|\sdevant (?:la presse|les députés|les sénateurs|des journalistes)|\sen conférence de presse)"
)
_FRENCH_AFTER = re.compile(
    rf"\s?,?\s(?:{_FRENCH_SAYING}{_ASIDE}{{0,2}}|selon)(?:,\s{_DAY},)?\s", re.IGNORECASE
)
_ENGLISH_SAID = (
    r"(?:said|says|told (?:reporters|AFP|Reuters|AP|the \w+)|warned|explained|added|insisted|argued"
    r"|wrote|tweeted)"
)
_SAID_FIRST = re.compile(rf",?\s{_ENGLISH_SAID}\s")
_SAID_LAST = re.compile(rf",?\s(?P<who>[^\"“”«»]{{4,120}}?)\s{_ENGLISH_SAID}\b")
_LEADS = re.compile(
    rf"(?P<who>[^\"“”«»:;]{{4,140}}?),?\s(?:l['’])?(?:{_FRENCH_SAYING}|{_ENGLISH_SAID})"
    rf"{_ASIDE}{{0,2}}\s?[:,]\s?"
)


def _words(listed: str) -> frozenset[str]:
    return frozenset(listed.split())


_TITLES = _words("M. Mme Mlle Me Maître Dr Pr Mgr Père père Mr. Mrs. Ms. Dr. Prof. Sir Lord Lady")
_ARTICLE = re.compile(r"(?:(?:le|la|les|un|une|the|an?)\s|l['’])", re.IGNORECASE)
_NAME_WORD = re.compile(r"(?:[DO]['’]|Mc|Mac)?[A-ZÀ-ÖØ-Þ][a-zß-öø-ÿœ]+(?:[-’'][A-Za-zÀ-ÿœ]+)*\Z")
_PARTICLES = _words("de du van von der den di da dos el al ben bin la le Le La De Van Von")
_ELIDED_NAME = re.compile(r"['’][A-ZÀ-ÖØ-Þ]")
#: After these a capitalised word belongs to the role: « ministre de la Santé Ana Reul ».
_OF = _words("de du des la le les à au aux en et pour chez sur of the for at in and")
#: After « de » alone only with a role that belongs to a place: « la maire de Karsa Ana Reul ».
_OF_A_PLACE = re.compile(
    r"(?:ex-|vice-)?(?:maire|préfète?|députée?|sénat\w+|procureure?|évêque|archevêque|gouverneure?"
    r"|ambassad\w+|bâtonni\w+|rect\w+)\b"
)
#: Words of bodies, papers and places, which speak too but are nobody.
_NOBODY = _words(
    """
    agence agency alliance amnesty armée assemblée association banque bank bleu bureau centre
    chambre comité commission committee confédération conseil council croix court culture
    département défense direction europe fédération fondation force foundation france gazeta gazette
    global greenpeace groupe group guardian haut house human info institut institute inter
    international intérieur journal justice leaders libre maison match médecins militaire ministère
    ministry monde mouvement nations nord observatoire office organisation oxfam parisien parquet
    parti party police post presse préfecture press quotidien radio république reporters rights
    royaume-uni sans santé secours service services société sud syndicat television times tribune
    union uni unis universitaire université university ville watch world économie éducation
    """
)
#: What speaks for somebody who does not.
_NOT_A_PERSON = re.compile(
    r"(?:appel|déclaration|communiqué|message|rapport|tribune|lettre|étude|entourage|cabinet|équipe"
    r"|propos|compte|site|journal|quotidien|magazine|chaîne|livre|blog|statement|report)\b"
)
#: « la mère de la victime Ana Reul »: who is Ana Reul?
_OF_SOMEBODY = re.compile(
    r"(?:père|mère|frère|s(?:œ|oe)ur|fils|fille|veuve|mari|épouse|femme|proche|amie?|avocate?|conseil"
    r"|voisine?|cousine?|oncle|tante|client)\s(?:de|du|des|d['’])"
)
_EN_ROLES = _words(
    """
    president minister prime chancellor senator governor mayor judge professor secretary general
    director chief executive chairman chairwoman spokesman spokeswoman coach captain king queen
    commissioner ambassador foreign finance defence defense interior health former vice deputy
    """
)
_ROLE_WORD = re.compile(
    r"(?:ex-|vice-|co-)?(?:ministre|secrétaire|maire|chef(?:fe)?|porte-parole|numéro|président\w*"
    r"|député\w*|élu\w*|avocat\w*|juge|procureur\w*|préfet\w*|médecin|docteur\w*|patron\w*|prof\w*"
    r"|responsable|délégué\w*|membre|fondat\w+|cofondat\w+|dirigeant\w*|habitant\w*|commerçant\w*"
    r"|étudiant\w*|représentant\w*|gérant\w*|enseignant\w*|adjoint\w*|cadre|leader|général\w*"
    r"|colonel\w*|capitaine|commandant\w*|commissaire|architecte|artiste|peintre|poète|cinéaste"
    r"|astronaute|athlète|pilote|navigat\w+|agricult\w+|élev\w+|éclusi\w+|pêch\w+|gardien\w*"
    r"|ingénieur\w*|géographe|géologue|sociologue|climat\w+|expert\w*|analyste|spécialiste"
    r"|infirmi\w+|boulang\w+|syndicaliste|militant\w*|\w{3,}(?:eur|euse|eure|trice|iste|logue|ienne?"
    r"|naire|er|or|ist|ian))\b(?!\s(?:de plus|à)\s\d)"
)
_NOT_ROLES = _words(
    "plusieurs ailleurs heure meilleur meilleure intérieur extérieur premier dernier janvier"
    " février"
)
_VAGUE = re.compile(r"[\"«»“”]|\b(?:cet?(?:te)?|ces|son|sa|ses|leurs?|his|her|their|this)\b")
# Where it was said, behind the role.
_SAID_WHERE = re.compile(
    r"\s(?:dans (?:L[ea]s?|une?|les colonnes)|sur (?:[A-Z]|la chaîne|le plateau)|lors\b|au micro\b"
    r"|à l['’](?:antenne|AFP)|auprès\b|cité|interrogé|joint|contacté|qui\b|et (?:lui|elle)-même"
    r"|in (?:a|an)\b).*"
)


def _speaker(text: str) -> Speaker | None:
    """Read « [le role] Name[, role][, …] »; None when a name does not stand out plainly."""
    head, _, rest = text.partition(",")
    head = re.split(r"[.;:(]\s?(?=\s|\Z|\()|\s\(", head.strip(), maxsplit=1)[0]
    words = [word for word in head.split() if word]
    end = _name_end(words)
    start = _name_start(words, end)
    if start is None or words[end : end + 1] in (["et"], ["and"]):
        return None
    name = words[start:end]
    if any(part.lower() in _NOBODY for word in name for part in word.split("-")):
        return None
    before = " ".join(word for word in words[:start] if word not in _TITLES)
    role = _role_before(before)
    if role is None:
        return None
    # What follows the name in its own clause is « lors d'une visite », « qui … »: no role.
    whole = end == len(words)
    return Speaker(" ".join(name), role or (_role_after(rest) if whole else ""))


def _name_end(words: list[str]) -> int:
    """Behind the first run of name words that has two of them."""
    run = 0
    for index, word in enumerate(words):
        if _NAME_WORD.match(word):
            run += 1
        elif run >= 2 and not (word in _PARTICLES and _leads_to_name(words, index)):
            return index
        elif word not in _PARTICLES:
            run = 0
    return len(words)


def _leads_to_name(words: list[str], index: int) -> bool:
    following = words[index + 1 : index + 2]
    return bool(following) and _NAME_WORD.match(following[0]) is not None


def _name_start(words: list[str], end: int) -> int | None:
    """Where the name that ends at `end` begins; None when that is not plain."""
    start = end
    while start > 0 and _NAME_WORD.match(words[start - 1]) and words[start - 1] not in _TITLES:
        start -= 1
    if end - start == 1:  # « Luca de Meo », « Ursula von der Leyen »
        first = start
        while first > 0 and words[first - 1] in _PARTICLES:
            first -= 1
        if first == start or first == 0 or not _NAME_WORD.match(words[first - 1]):
            return None
        start = first - 1
        if start > 0 and (_NAME_WORD.match(words[start - 1]) or words[start - 1] in _OF):
            return None
    while start < end and words[start].lower() in _EN_ROLES:
        start += 1
    before = words[:start]
    if before and (before[-1].lower() in _OF or before[-1][-1:] in "'’"):
        start += 1  # the first capitalised word is « Santé » of « la Santé »
        role = " ".join(before)[_article_end(" ".join(before)) :]
        if end - start != 2 or (before[-1] == "de" and not _OF_A_PLACE.match(role)):
            return None
    elif before and _joins(before[-1], end - start):
        return None
    return start if 2 <= end - start <= 5 and words[start] not in _PARTICLES else None


def _joins(word: str, length: int) -> bool:
    """Whether the word before a name of so many words may be a part of it, or take a part of it.

    « l'Intérieur Ana Reul » is plain, « l'Institut Pastor Ana Reul » is not.
    """
    if _ELIDED_NAME.search(word):
        return length != 2
    apart = word in _TITLES or word.lower() in _EN_ROLES or word.isupper()
    return word[:1].isupper() and not apart


def _article_end(text: str) -> int:
    article = _ARTICLE.match(text)
    return article.end() if article else 0


def _role_before(text: str) -> str | None:
    """The role without its article; None when what stands there is no role."""
    if not text:
        return ""
    role = text[_article_end(text) :]
    titled = role.split(maxsplit=1)[0].lower() in _EN_ROLES if role else False
    if titled:
        return role
    plain = role != text and role[:1].islower()
    doubtful = _NOT_A_PERSON.match(role) or _OF_SOMEBODY.match(role) or _VAGUE.search(role)
    return role if plain and not doubtful else None


def _role_after(rest: str) -> str:
    """« , glaciologue à l'Institut de Karsa, … » → the role; empty when something else follows."""
    for clause in re.split(r",|\.(?=\s|\Z)|;|\s\(|:|\s[–—-]\s", rest)[:2]:
        role = clause.strip().rstrip(".")
        if re.fullmatch(r"\d{1,3} ans|\d{1,3}|aged \d+", role):
            continue
        role = _SAID_WHERE.sub("", role[_article_end(role) :])
        word = _ROLE_WORD.match(role)
        if not word or word[0] in _NOT_ROLES or len(role) > 110 or _VAGUE.search(role):
            return ""
        return role
    return ""
