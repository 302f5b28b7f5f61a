"""Function words: those that carry no subject (French, English), those that betray a language.

`words` reads both tables; the second is the smaller, only what is frequent in seven languages.
Accents stay: « a » and « à », « ou » and « où » are different words.
"""

from __future__ import annotations


def _words(listed: str) -> frozenset[str]:
    return frozenset(listed.split())


#: Words that say nothing about a text's subject.
WITHOUT_SUBJECT: dict[str, frozenset[str]] = {
    "fr": _words(
        """
        a à afin ai aie aient ainsi ait alors après as au aucun aucune aujourd hui aura aurait
        auront aussi autre autres aux avaient avait avant avec avez avoir avons ayant beaucoup
        bien c ça car ce ceci cela celle celles celui cent cependant certain certaine certaines
        certains ces cet cette ceux chaque chez ci comme comment contre d dans de depuis des
        desormais dès deux dit doit doivent donc dont du durant elle elles en encore enfin entre
        envers es est et étaient était étant été être eu eux fait faire fois font grâce hors ici
        il ils j jamais je jusqu jusque l la là laquelle le lequel les lesquelles lesquels leur
        leurs lors lorsqu lorsque lui m ma mais malgré me même mêmes mes moi moins mon n ne ni
        non nos notre nous on ont or ou où oui outre par parce parfois parmi pas pendant peu
        peut peuvent plus plusieurs plutôt pour pourquoi pourtant pouvait près puis puisqu
        puisque qu quand quant que quel quelle quelles quelqu quelque quelques quels qui quoi
        quoique s sa sans sauf se selon sera serait seront ses si sien soi soit son sont sous
        souvent sur t ta tandis tant te tel telle telles tels tes toi ton toujours tous tout
        toute toutes toutefois très trop tu un une va vers voici voilà vont vos votre vous y
        """
    ),
    "en": _words(
        """
        a about above after again against all also although am among an and any are as at be
        because been before being below between both but by can could d did do does doing don
        down during each else even ever few for from further had has have having he her here
        hers him his how however i if in into is it its just ll m may me might more most much
        must my no nor not now of off often on once one only or other our out over own per re s
        same she should since so some still such t than that the their them then there these
        they this those though through thus to too under until up upon us ve very was we were
        what when where whether which while who whom whose why will with within without would
        yet you your
        """
    ),
}

#: The most frequent function words of the languages that are told apart.
FREQUENT: dict[str, frozenset[str]] = {
    "fr": _words(
        """
        le la les l un une des du de d à au aux et en est dans pour par sur qui que qu il elle
        ne pas plus ce cette ces son sa ses se s leur avec sont ont été mais ou où nous vous je
        on sans sous entre après avant contre depuis chez vers très tout tous comme être avoir
        fait face selon dont va vont veut peut met font premier première deux ans mort
        """
    ),
    "en": _words(
        """
        the of and to in a is that for it on with as was are be by at from this have has had not
        but they his her their its an or which were will would who after over about into more
        than new says said how why what can he she we you i s t no up out if been their could
        """
    ),
    "es": _words(
        """
        el la los las de del que y en un una por con para es se no al lo su sus como más pero
        sobre este esta entre ya muy también fue ha han son está hasta sin desde tras ante hay
        cuando donde
        """
    ),
    "de": _words(
        """
        der die das und in den von zu mit sich des auf für ist im dem nicht ein eine einen einem
        einer als auch es an werden aus er hat dass sie nach wird bei um am sind noch wie über
        so zum zur haben nur oder aber vor bis mehr durch gegen wurde
        """
    ),
    "it": _words(
        """
        il lo la gli le i di del della dei delle degli dell e in un una uno che per con non è da
        dal dalla si al alla ai alle nel nella sono come più ma anche ha hanno su sul sulla tra
        dopo questo questa suo sua l d
        """
    ),
    "pt": _words(
        """
        o a os as de do da dos das que e em um uma para com não por no na nos nas se ao à mais
        como mas foi é são pelo pela seu sua ou está também já entre sobre após até tem ter sem
        isso
        """
    ),
    "nl": _words(
        """
        de het een van en in is dat op te voor met zijn niet aan er om ook als bij door naar uit
        over maar nog wordt worden wel dan hij zij ze we die tot heeft hebben was kan meer na
        tegen onder
        """
    ),
}
