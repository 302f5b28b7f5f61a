"""The sentence splitter on our own tricky items, on hostile text, and on the shared gold items."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.text import sentence_spans, sentences

GOLD = Path(__file__).parents[2].parent / "shared" / "data" / "sentences_fr.txt"

# Gold boundaries are marked by "|"; the text is the parts joined by one space.
ITEMS = {
    "titles": [
        "M. Arnoux a reçu Mme Delvaux à 9 h.|Mlle Perrin et MM. Sorel et Costa suivaient.",
        "Selon le Dr. Anne Vasseur, l'épidémie recule.|Le Pr. Blin est plus prudent.",
        "Me Karim Sadoun, avocat du plaignant, a fait appel.|L'audience est en mai.",
        "Mr. Hale met Dr. Stone in Paris.|They talked for an hour.",
    ],
    "initials": [
        "P.-Y. Kerven a battu J.-M. Le Goff en finale.|Le public a applaudi.",
        "A. Delorme et B. Quintin ont signé.|C. Roy s'est abstenu.",
        "Julie B. a témoigné.|Son frère aussi.",
        "Il a été jugé pour le vol commis chez Paul D.|La cour a suivi le parquet.",
        "Elle manque de vitamine C.|Manger des agrumes suffit.",
        'Le prix a été remis à Zoé L. "pour son œuvre".|Elle a 30 ans.',
    ],
    "acronyms": [
        "L'O.T.A.N. a réagi.|La Russie aussi.",
        "La plainte vise l'O.M.S.|Genève n'a rien dit.",
        "L'U.E. et les U.S.A. ont négocié.|Les pourparlers ont échoué.",
        "Le modèle R.S. Trophy est sorti.|Il est cher.",
        "Le modèle R.S. 500 est sorti.|Il est cher.",
        "Elle vit à Washington D.C.|Elle y travaille.",
        "The U.S. economy grew.|Analysts were surprised.",
        "Elle déclina vers 200 apr. J.-C.|Rome la prit.",
        "Selon J.-C. Morel, tout va bien.|Il se trompe.",
    ],
    "numbers": [
        "Le déficit atteint 3.250 millions, soit 4,7 %.|Le ministre s'en inquiète.",
        "Il a couru en 9.58 secondes.|Personne n'a fait mieux.",
        "Le logement n° 12 est vide.|Le no. 13 est occupé.",
        "Voir l'art. 12 et la p. 40.|Le chap. 3 traite du reste.",
        "1. Le climat se réchauffe.|2. Les glaciers reculent.",
        "Les favoris : 1. Lena Roth ; 2. Omar Diop.|Le jury tranchera.",
        "Il gagne 2 000 € par mois.|3 000 personnes aussi.",
    ],
    "names": [
        "Robert Fields Jr. a été réélu.|Il siège depuis 2010.",
        "Elle a battu Robert Fields Jr.|Il siège depuis 2010.",
        "Robert Fields Jr. Memorial est un parc.|Il est fermé.",
        "Elle a battu Robert Fields Jr.|Le public a applaudi.",
        "He works for Halden Corp. in New York.|She works for Stone Ltd.|They never meet.",
        "Le site de St. Brévin est fermé.|L'av. Jaurès aussi.",
        "Elle a quitté Yahoo! Japon en mai.|Nul ne sait pourquoi.",
        "L'action S.A. Le Bihan monte.|Le reste baisse.",
        "Il soutient L. d'Arvor et S. De Witte.|Ils ont perdu.",
    ],
    "lists": [
        "Bateaux, filets, moteurs, etc.|Tout a brûlé.",
        "On y vend du thé, du riz, etc. dans des bocaux.|Les clients reviennent.",
    ],
    "addresses": [
        "Le site meteo.example annonce 30 °C.|Le compte @meteo.fr confirme.",
        "Rendez-vous sur www.example.org.|L'entrée est libre.",
        "iOS est gratuit.|iPhone ne l'est pas.",
    ],
    "dates": [
        "La rencontre du 7 févr. 2025 est annulée.|Celle du 9 avr. tient.",
        "Il est né le 3 oct.|Sa sœur est née en nov. 1999.",
        "Le train part à 18 h 45.|Il arrive à 20h.|Personne ne descend.",
    ],
    "marks": [
        "Il hésita... puis il partit.|Personne ne le revit.",
        "Il hésita…|Puis il partit.",
        "Qui paiera ?|Nul ne le sait !|On verra.",
        "Est-ce la fin ? demande-t-il.|Personne ne répond.",
        "— Tu viens ?|— Non.|— Tant pis.",
        "Il est parti – enfin ! – vers le nord.|Nul ne l'a suivi.",
    ],
    "brackets": [
        "Le traité (signé en 1994. Ratifié en 1996) reste en vigueur.|Il expire en 2030.",
        "C'est un succès !|(Enfin presque.)|On verra demain.",
        "Le président (élu en 2020 !) a parlé.|L'opposition (absente) a protesté.",
        "Le brent recule de 2 %. (Agence)|L'or monte.",
        "L'or monte.|Le brent recule. (Agence)",
        "Le mouvement En avant ! (EA) progresse.|Il recrute.",
        "Le mouvement (Où allons-nous ?) Progrès recrute.|Il grandit.",
    ],
    "quotations": [
        "« Nous partons », a dit Mme Sorel.|Elle n'a pas précisé la date.",
        "« Nous partons. Rien ne nous retient. »|Mme Sorel a quitté la salle.",
        "« Nous partons ! » s'est exclamée Mme Sorel.|Elle a ri.",
        '"Nous partons. C\'est décidé", a dit le maire.|"Rien ne nous retient."',
        "Le maire a dit : \"Nous partons. C'est décidé.\"|La salle s'est levée.",
        '" Nous partons. C\'est dit ", a-t-il répété.|La salle a ri.',
        "“Tout est calme. Trop calme”, note-t-il.|Il repart.",
        "« Il m'a dit : “Va-t'en. Ne reviens pas.” J'ai obéi », dit-elle.|Elle pleure.",
        'Selon lui, « la crise est "grave". Très "grave" ».|Le marché a reculé.',
        "Il dénonce un « jeu de dupes. Une farce ».|Le ministre a démenti.",
        "« Je suis là. » – Ana Brel, navigatrice.|Elle est arrivée lundi.",
        "« Je suis là. » (Ana Brel)|Elle est arrivée lundi.",
        "L'association « Où vas-tu ? » aide les jeunes.|Elle a dix ans.",
        '"It is over," Mr. Hale said.|Nobody moved.',
        '"Is it over?" Hale asked.|Nobody answered.',
        "‘It is late. We must go,’ she said.|They left.",
        "'It is late. We must go,' she said.|They left.",
        'Il parle d\'"un échec. Le pire".|D\'autres parlent de "réussite".',
        "Il est parti.|« ni vu ni connu », dit-il.",
    ],
    "stray marks": [
        "Le prix « baisse.|Personne ne sait pourquoi.",
        "L'écran de 12\" est petit.|Il est cher.",
        "Il a tout dit ».|Puis il est parti.",
    ],
}


@pytest.mark.parametrize("item", [item for items in ITEMS.values() for item in items])
def test_tricky_sentences_are_whole(item: str) -> None:
    parts = item.split("|")
    assert sentences(" ".join(parts)) == parts


def test_line_break_ends_a_sentence() -> None:
    assert sentences("Un titre sans point\nUne phrase.\r\n\r\nUne autre.") == [
        "Un titre sans point",
        "Une phrase.",
        "Une autre.",
    ]


def test_quotation_left_open_does_not_swallow_the_next_line() -> None:
    assert len(sentences("Il a dit « oui.\nPuis non. Enfin peut-être ».")) == 3


def test_marks_without_words_join_their_neighbour() -> None:
    assert sentences("… Et puis rien. !!! Fin.") == ["… Et puis rien. !!!", "Fin."]


def test_nothing_gives_nothing() -> None:
    assert sentences("") == []
    assert sentences(" \n\t\u00a0 ") == []
    assert sentences("Fin. \n") == ["Fin."]


PIECES = st.sampled_from(
    [
        *"«»“”\"'‘’()[].!?…,:—- \u00a0\n\t",
        "M. ",
        "Le ",
        "n° ",
        "12",
        "O.N.U.",
        "etc. ",
        "mot",
        "Mot",
    ]
)


@given(st.lists(PIECES, max_size=40).map("".join) | st.text(max_size=200))
def test_no_word_is_lost_and_spans_are_in_order(text: str) -> None:
    spans = sentence_spans(text)
    position = 0
    for start, end in spans:
        assert not text[position:start].strip()
        assert text[start:end] == text[start:end].strip() != ""
        position = end
    assert not text[position:].strip()
    assert sentences(text) == [text[start:end] for start, end in spans]


@pytest.mark.parametrize(
    "piece", ['"', "«", "(", "('", "M. ", ". ", ".", ". (", "a. »", "A.", "! - ", ") ", "' a.' "]
)
def test_hostile_text_does_not_stall(piece: str) -> None:
    # Work that grows with the square of the length would take many minutes here.
    text = piece * 100_000
    spans = sentence_spans(text)
    assert spans[0][0] == len(text) - len(text.lstrip())
    assert spans[-1][1] == len(text.rstrip())


@pytest.mark.skipif(not GOLD.is_file(), reason="../shared/data/sentences_fr.txt is absent")
def test_boundaries_of_the_shared_items_are_found() -> None:
    right = wrong = missed = 0
    for line in GOLD.read_text(encoding="utf-8").splitlines():
        parts = line.partition("#")[2].split("|")
        text = " ".join(parts)
        expected = set()
        position = 0
        for part in parts[:-1]:
            expected.add(position + len(part))
            position += len(part) + 1
        found = {end for _, end in sentence_spans(text)[:-1]}
        right += len(found & expected)
        wrong += len(found - expected)
        missed += len(expected - found)
    assert 2 * right / (2 * right + wrong + missed) >= 0.985
