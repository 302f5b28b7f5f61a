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
    M MM Mme Mmes Mlle Mlles Mgr Mgrs Mes Dr Drs Pr Prof Vve Sts Cdt Cne Gral Gén Gen Mr Mrs Ms
    Mx Messrs Rev Reps Sens Capt Lt Sgt Maj Adm Cmdr Brig Pres Supt cf Cf vs Vs v p.ex P.ex c.-à-d
    C.-à-d i.e I.e e.g E.g viz av Av ap apr bd Bd bld boul Boul fbg Fbg dir trad prés rens
    """
)

#: Announce a name most of the time, and are words or names themselves: what follows decides.
BEFORE_NAMES = _words(
    """
    Me Ste St Mt Ft Ap Cap Col Gal Gov Hon Rep Sen Ch Ph Th Chr Fr Jos Geo Wm Alex Ed Ets Éts Sté
    Dept Assn Natl Univ Cie col gén gal cap cdt lt sgt cne prof pr dr pl rte conf dép éd Éd ed ex
    env Env resp appt bât Bât esc coll prov
    """
)

#: Announce a number: no end before a digit, an ordinary word otherwise.
BEFORE_NUMBER = _words(
    """
    n N no No nos Nos nᵒ p pp P Pp art Art arts al chap Chap ch fig Fig vol Vol t T op réf Réf ref
    par § tél Tél tel Tel max min approx sect Sect alin annexe ann suppl tab Tab janv févr fév
    avr juil juill sept oct nov déc dec Janv Févr Fév Avr Juil Juill Sept Oct Nov Déc Jan Feb Mar
    Apr Jun Jul Aug Sep Dec
    """
)

#: Close a name, sometimes the sentence too: what follows decides.
AFTER_NAMES = _words(
    """
    Jr Sr jr sr Inc inc Co Corp Ltd LLC Bros Ph.D Calif Fla Ariz Colo Conn Mich Minn Tenn Okla
    """
)

#: Close an hour, and the sentence unless a day or a time zone follows.
CLOCK = _words("a.m p.m A.M P.M")
AFTER_CLOCK = _words(
    """
    monday tuesday wednesday thursday friday saturday sunday et est edt ct pt gmt utc bst cet
    cest eastern central pacific
    """
)

#: Spelt with stops, and part of a name that goes on: « le P.-D.G. Anton Reul », « le F.C. Aval ».
LEADING_ACRONYMS = _words("PDG DG SA SARL SAS SCI SAR SM RP FC AS AC RC SC AJ CS US OGC")

#: Nouns before a letter that is a label and not an initial: « vitamine C. »
BEFORE_LABEL = _words(
    """
    vitamine hépatite grippe plan groupe bât appt esc classe type série serie ligue division
    catégorie annexe bâtiment porte ligne rer option point lettre zone niveau version variante
    groupes poule hangar terminal salle escalier génération rayon rayons modèle model series jour
    heure bac note liste lot bloc scénario voie quai formule virus monsieur madame sous malcolm
    tribune témoin facteur influenza vitamin hepatitis group class category gate line section
    exhibit appendix generation
    """
)

#: Names that carry an exclamation mark.
EXCLAIMED_NAMES = frozenset({"Yahoo", "Jeopardy", "Wham", "Panic"})

#: Words that lean on the next one: after them an ellipsis only holds its breath.
FUNCTION_WORDS = _words(
    """
    de du des d' à au aux en et ou un une le la les l' ce cet cette ces mon ma mes ton ta tes son
    sa ses leur leurs notre nos votre vos que qu' par pour avec sans sur dans vers très seulement
    presque environ the a an of to and or with for in at on his her its their
    """
)

#: Words that open a sentence and seldom a name, in lower case, elisions with their apostrophe.
OPENERS = _words(
    """
    il elle ils elles on je j' tu nous vous c' ce cet cette ces cela ça celui celle ceux celles
    l' un une d' qu' que qui quoi où quand comment pourquoi combien quel quelle quels quelles en
    dans sur sous avec sans pour par selon d'après après avant depuis pendant durant lors
    lorsqu' lorsque dès puis ensuite enfin alors ainsi aussi mais or donc car et ou ni si s'
    comme puisque chez contre entre vers outre malgré grâce face quant hormis parmi jusqu' afin
    faute mon ma mes ton ta tes son sa ses notre nos votre vos leur leurs tout toute tous toutes
    chaque chacun chacune plusieurs certains certaines quelques aucun aucune nul autre autres au
    aux à y ne n' pas plus moins très trop peu beaucoup bien même seul seule seuls seules rien
    personne jamais toujours parfois souvent bientôt soudain partout ici là ailleurs sinon tandis
    tel telle tels telles étant ayant aujourd'hui hier demain désormais cependant toutefois
    pourtant néanmoins deux trois quatre cinq six sept huit neuf dix onze douze vingt cent mille
    lundi mardi mercredi jeudi vendredi samedi dimanche premier première peut-être voici voilà
    autrement certes oui non mm mme mmes mlle mlles
    interpellé interpellée interrogé interrogée contacté contactée joint jointe sollicité
    sollicitée entendu entendue retrouvé retrouvée arrêté arrêtée placé placée condamné condamnée
    blessé blessée transporté transportée hospitalisé hospitalisée mis mise élu élue nommé nommée
    accusé accusée soupçonné soupçonnée poursuivi poursuivie jugé jugée devenu devenue arrivé
    arrivée présenté présentée né née âgé âgée
    the an he she it they we i you his her its our my your this that these those there here in at
    by for from with without to of as when while where what who why how which if though although
    because since after before during until under over between among but and or so yet then now
    also however meanwhile still instead later both some many most several few all each every no
    not one two three four five six seven eight nine ten nobody nothing everyone everybody someone
    finally recently yesterday today tomorrow
    """
)

#: Openers that also begin surnames and place names (« J. Le Pen »): the next word decides.
PARTICLES = _words("le la les a de du des d' di da van von el al mac saint sainte san")
