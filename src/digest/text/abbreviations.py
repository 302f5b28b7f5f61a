"""Words after which a full stop need not end a sentence, French and English, by behaviour.

The splitter in `segmentation` decides with them; nothing else does. Sources: the lists of usual
abbreviations in the Lexique des règles typographiques en usage à l'Imprimerie nationale and in
the Chicago Manual of Style, shortened to what the press prints.
"""

from __future__ import annotations


def _words(listed: str) -> frozenset[str]:
    return frozenset(listed.split())


#: Always followed by what they announce: a name, a reference.
NEVER_LAST = _words(
    """
    M MM Mme Mmes Mlle Mlles Mgr Mgrs Me Mes Dr Drs Pr Prof Vve Ste Sts Cdt Cne Cap Gal Gral Gén
    Gen Mr Mrs Ms Mx Messrs Rev Hon Gov Sen Rep Reps Sens Capt Lt Col Sgt Maj Adm Cmdr Brig Pres
    Supt cf Cf vs Vs v p.ex P.ex c.-à-d C.-à-d i.e I.e e.g E.g viz av Av ap Ap apr bd Bd bld
    boul Boul fbg Fbg env Env dir trad coll prés prov conf Conf resp bât Bât esc appt rens
    """
)

#: Announce a number: no end before a digit, an ordinary word otherwise.
BEFORE_NUMBER = _words(
    """
    n N no No nos Nos nᵒ p pp P Pp art Art arts al chap Chap ch fig Fig vol Vol t T éd ed Ed op
    réf Réf ref par § tél Tél tel Tel max min approx pl Pl sect Sect alin annexe ann suppl tab
    Tab janv févr fév avr juil juill sept oct nov déc dec Janv Févr Fév Avr Juil Juill Sept Oct
    Nov Déc Jan Feb Mar Apr Jun Jul Aug Sep Dec
    """
)

#: Often inside a name, sometimes its end: what follows decides.
INSIDE_NAMES = _words(
    """
    Jr Sr jr sr Inc inc Co Corp Ltd LLC Bros Cie St Mt Ft Ch Ph Th Chr Fr Jos Geo Wm Alex Ed Ets
    Sté a.m p.m A.M P.M Ph.D Univ Dept Assn Natl
    """
)

#: Nouns before a letter that is a label and not an initial: « vitamine C. »
BEFORE_LABEL = _words(
    """
    vitamine hépatite plan groupe bât appt esc classe type série catégorie annexe bâtiment porte
    ligne option point lettre zone niveau version variante groupes poule hangar terminal salle
    escalier vitamin hepatitis group class series category annex gate line section exhibit
    appendix
    """
)

#: Names that carry an exclamation mark.
EXCLAIMED_NAMES = frozenset({"Yahoo", "Jeopardy", "Wham"})

#: Words that open a sentence and seldom a name, in lower case, elisions with their apostrophe.
OPENERS = _words(
    """
    il elle ils elles on je j' tu nous vous c' ce cet cette ces cela ça celui celle ceux celles
    l' un une d' qu' que qui quoi où quand comment pourquoi combien quel quelle quels quelles en
    dans sur sous avec sans pour par selon d'après après avant depuis pendant durant lors
    lorsqu' lorsque dès puis ensuite enfin alors ainsi aussi mais or donc car et ou ni si s'
    comme puisque chez contre entre vers outre malgré grâce face quant hormis parmi jusqu' afin
    faute mon ma mes ton ta tes son sa ses notre nos votre vos leur leurs tout toute tous toutes
    chaque plusieurs certains certaines quelques aucun aucune nul autre autres au aux à y ne n'
    pas plus moins très trop peu beaucoup bien même seul seule seuls seules aujourd'hui hier
    demain désormais actuellement cependant toutefois pourtant néanmoins interpellé interrogé
    interrogée contacté contactée né née âgé âgée deux trois quatre cinq six sept huit neuf dix
    onze douze vingt cent mille lundi mardi mercredi jeudi vendredi samedi dimanche premier
    première peut-être voici voilà autrement certes oui non the a an he she it they we i you his
    her its their our my your this that these those there here in on at by for from with without
    to of as when while where what who why how which if though although because since after
    before during until under over between among but and or so yet then now also however
    meanwhile still instead later both some many most several few all each every no not one two
    three yesterday today tomorrow
    """
)

#: Openers that also begin surnames and place names (« J. Le Pen »): the next word decides.
PARTICLES = _words("le la les de du des d' di da van von el al mac saint sainte san")
