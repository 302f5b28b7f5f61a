"""What a page prints around prose is known for what it is, and no sentence of the news with it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from digest.text import sentences
from digest.text.furniture import is_furniture, is_sign_off, without_dateline

WEEK = Path(__file__).parents[2].parent / "shared" / "data" / "week_2020-W22.jsonl"

FURNITURE = {
    "bylines": [
        "Par Solveig Aramburu",
        "Par Solveig Aramburu et Piet Lind",
        "Par Solveig Aramburu, journaliste au service Monde",
        "Par Solveig Aramburu avec AFP",
        "Par Solveig Aramburu (à Karsa)",
        "PAR SOLVEIG ARAMBURU",
        "Propos recueillis par Piet Lind",
        "Texte et photos par Piet Lind",
        "Solveig Aramburu, correspondante à Karsa",
        "Solveig Aramburu, envoyée spéciale à Lindoe",
        "Solveig Aramburu (avec AFP)",
        "De notre correspondante à Lindoe",
        "De notre envoyé spécial à Karsa.",
        "By Dana Hill",
        "By Dana Hill and Amy Osei, staff writers",
        "Reporting by Dana Hill",
        "Editing by Amy Osei; Dana Hill",
    ],
    "credits": [
        "© Piet Lind",
        "Crédit photo : Piet Lind",
        "Crédits : ville de Lindoe",
        "Photo : Piet Lind",
        "Photo d'illustration.",
        "Image d’archives du port",
        "Capture d'écran de la vidéo",
        "Le port de Lindoe, le 3 mai. © Piet Lind / Agence",
        "Le port de Lindoe, le 3 mai (Piet Lind/AFP)",
        "La digue au matin (photo Piet Lind)",
        "The pier at dawn. Photo by Dana Hill",
        "Légende : la digue au matin",
        "Tous droits réservés",
        "All rights reserved.",
        "(AFP)",
        "Avec AFP et Reuters",
        "La rédaction avec AFP",
        "Source : port de Lindoe",
        "Tags : port, digue, bois",
    ],
    "read also": [
        "Lire aussi : La digue tiendra-t-elle ?",
        "À lire aussi La digue tiendra-t-elle ?",
        "À LIRE ÉGALEMENT | La digue",
        "À lire : notre dossier sur la digue",
        "Lire notre enquête sur la digue",
        "Lire la suite",
        "Voir aussi : le port en images",
        "Écouter aussi notre podcast",
        "Retrouvez tous nos articles sur Lindoe",
        "Sur le même sujet",
        "Pour aller plus loin : trois livres",
        "En savoir plus",
        "La rédaction vous conseille",
        "Read also: Will the pier hold?",
        "Read more",
        "See also: the port in pictures",
        "Related articles",
    ],
    "calls": [
        "Abonnez-vous pour lire la suite.",
        "Inscrivez-vous à notre newsletter.",
        "Chaque matin, l'essentiel de l'actualité : inscrivez-vous à notre lettre.",
        "Recevez chaque matin l'essentiel de l'actualité.",
        "Suivez-nous sur Facebook.",
        "Téléchargez notre application.",
        "Cliquez ici pour vous abonner.",
        "Il vous reste 72.4 % de cet article à lire.",
        "Article réservé aux abonnés",
        "Déjà abonné ? Connectez-vous",
        "Cet article vous a plu ? Soutenez-nous.",
        "Pour le sponsoring, contactez-nous.",
        "Subscribe to our newsletter.",
        "Sign up for our morning letter",
        "Follow us on Mastodon.",
        "Already a subscriber? Log in",
    ],
    "cookies": [
        "Nous utilisons des cookies pour mesurer notre audience.",
        "En poursuivant votre navigation, vous acceptez nos conditions.",
        "Accepter tous les cookies",
        "Pour accéder à ce contenu, activez la publicité.",
        "Ce contenu a été bloqué car vous n'avez pas accepté les traceurs.",
        "This site uses cookies.",
        "By continuing to browse you accept our cookies.",
    ],
    "shares and stamps": [
        "Partager",
        "Partager sur Facebook",
        "Facebook Twitter WhatsApp E-mail",
        "128 partages",
        "12 commentaires",
        "1,2 k likes",
        "Share this article",
        "Copier le lien",
        "Publié le 12/05/2026 à 18h30",
        "Publié le 12 mai 2026 à 18 h 30",
        "Publié hier",
        "Mis à jour le 13 mai 2026, 9:05",
        "Publié le 12 mai 2026 | Mis à jour le 13 mai 2026",
        "Temps de lecture : 3 min",
        "3 min de lecture",
        "Updated May 13, 2026 at 9:05 am",
        "Published 2 hours ago",
    ],
    "biographies": [
        "Solveig Aramburu est journaliste à Karsa.",
        "Solveig Aramburu est chercheuse à l'Institut des mers froides de Karsa.",
        "Solveig Aramburu est professeure à l'université de Lindoe et l'auteure de trois romans.",
        "Solveig Aramburu est l'auteure de « Digues » (Éditions du Môle, 2024).",
        "Professeure à l'université de Lindoe, Solveig Aramburu est l'auteure de « Digues ».",
        "Piet Lind is a freelance journalist based in Lindoe.",
        "Piet Lind is a researcher at the Cold Seas Institute.",
        "Piet Lind is the author of three books on dikes.",
    ],
    "sponsoring": [
        "Cet article est sponsorisé par le port de Lindoe.",
        "Contenu proposé par le port de Lindoe",
        "Cet article vous est offert par le port de Lindoe.",
        "En partenariat avec le port de Lindoe",
        "Article réalisé en partenariat avec le port de Lindoe.",
        "Cet article a été initialement publié par la Gazette du môle.",
        "Publi-rédactionnel",
        "Publicité",
        "Sponsored content",
        "Brought to you by the port of Lindoe",
        "This article was originally published by the Pier Gazette.",
    ],
    "fragments": [
        "- Un port sans digue -",
        "- le bois",
        "• le sable ;",
        "• Le port de Lindoe",
        "1.",
        "2. Le bois",
        "b) le sable",
        "* Le prénom a été modifié.",
        "*Enquête réalisée en ligne auprès de 1.002 personnes.",
        "abc-de/fgh/ij",
        "***",
        "",
    ],
    "embeds": [
        "Regardez la digue pic.twitter.com/abcdef",
        "— Port de Lindoe (@port_lindoe) May 26, 2026",
        "Port de Lindoe (@port_lindoe) 26 mai 2026",
        "https://port.example/digue",
        "@port_lindoe",
        "Voir cette publication sur Instagram",
        "Une publication partagée par Piet Lind (@piet)",
        "View this post on Instagram",
    ],
}

NEWS = [
    "Par Solveig Aramburu, le port a enfin trouvé une voix.",
    "Par ailleurs, la digue a cédé.",
    "Par crainte de la foudre, le départ est reporté.",
    "Photos à l'appui, le maire a montré la digue.",
    "La photo de la digue a fait le tour du monde.",
    "Le brent recule de 2 %. (AFP)",
    "L’AFP et Reuters ont quitté l’île hier.",
    "Selon l'AFP, la digue a cédé.",
    "La source du fleuve est à Karsa.",
    "À lire les journaux de Karsa, la digue est perdue.",
    "Lire aussi vite est un don.",
    "Pour en savoir plus, les enquêteurs ont entendu le port.",
    "Pour aller plus loin, le gouvernement veut élargir la digue.",
    "Voir nos enfants partir est une douleur, dit le maire.",
    "« Abonnez-vous », répète le maire à ses électeurs.",
    '"Contactez-nous", a répondu le port.',
    "Le site utilise des cookies sans le dire, a jugé la Cour.",
    "Le port va partager ses recettes.",
    "Partager le fleuve reste impossible.",
    "Publié le 3 mai, le rapport dénonce l'état de la digue.",
    "Mis à jour en 2020, le plan prévoit trois digues.",
    "Publiée mardi, l'étude fait scandale.",
    "Le 12 mai à 18 heures, la digue a cédé.",
    "Facebook a fermé 12 comptes.",
    "Solveig Aramburu est journaliste et a été arrêtée lundi à Karsa.",
    "Solveig Aramburu est journaliste et siège au conseil du port.",
    "Solveig Aramburu est l'auteure du but de la victoire.",
    "Solveig Aramburu, journaliste à Karsa, a été libérée lundi.",
    "Piet Lind was the author of the winning goal.",
    "En partenariat avec la ville, le port élargit la digue.",
    "Cet article du traité interdit les digues.",
    "Cet article est contraire à la Constitution, a jugé la Cour.",
    "La publicité du port a choqué.",
    "1. Le climat se réchauffe.",
    "- Les glaciers reculent, et les ports avec eux.",
    "3 millions de foyers sont privés d'électricité.",
    "— Vous partez ?",
    "L'accord oui/non est absurde.",
    "Le ministre (@ministre) a répondu à ses abonnés.",
    "Suivez la flèche, dit le panneau.",
    "Il vous reste un mois pour voter.",
    "Follow the money, said the judge.",
    "Sign up rates fell in May.",
    "Contact with the ship was lost on Monday.",
    "Read aloud, the letter shocked the court.",
    "Les victimes peuvent nous contacter, dit le collectif.",
    "We use water every day, the mayor said.",
]


@pytest.mark.parametrize("text", [text for texts in FURNITURE.values() for text in texts])
def test_furniture_is_known(text: str) -> None:
    assert is_furniture(text)


@pytest.mark.parametrize("text", NEWS)
def test_sentence_of_the_news_is_not_taken_for_furniture(text: str) -> None:
    assert not is_furniture(text)


def test_long_paragraph_is_prose_whatever_it_contains() -> None:
    assert not is_furniture("Lire aussi est un plaisir. " * 40)


@pytest.mark.parametrize(
    ("dateline", "prose"),
    [
        ("PARIS (AFP) – ", "Le barrage tient."),
        ("Paris (AFP) - ", "« Le barrage tient », dit le maire."),
        ("AFP – ", "Le barrage tient."),
        ("(AFP) - ", "Le barrage tient."),
        ("Bruxelles, 12 nov. (Agence) - ", "Le barrage tient."),
        ("Genève, le 3 déc. 2026 – ", "Le barrage tient."),
        ("New York (Reuters) — ", "Le barrage tient."),
        ("LONDON (Reuters) - ", "The dam holds."),
        ("LONDON, Nov. 12 (Reuters) - ", "The dam holds."),
        ("WASHINGTON — ", "The dam holds."),
        ("BERLIN – ", "Le barrage tient."),
        ("De notre correspondante à Karsa. – ", "Le barrage tient."),
        ("Karsa, de notre correspondant – ", "Le barrage tient."),
        ("Karsa (correspondance) – ", "Le barrage tient."),
        ("VIDÉO. ", "Le barrage tient bon."),
        ("VAL D'OISE. ", "Le barrage tient bon."),
        ("REPÈRES - ", "Le barrage tient bon."),
    ],
)
def test_prose_begins_after_the_dateline(dateline: str, prose: str) -> None:
    assert without_dateline(dateline + prose) == len(dateline)


@pytest.mark.parametrize(
    "text",
    [
        "Le barrage tient.",
        "AFP et Reuters ont quitté l'île.",
        "Paris – ville ouverte – se tait.",
        "LREM – le parti du président – recule.",
        "L'Assistance publique (AP-HP) – premier employeur – recrute.",
        "MM. Arnoux et Sorel ont signé.",
        "RÉPONSE - Je croise les doigts.",
        "Le maire (Karsa) – Ana Roth – se tait.",
        "PARIS",
        "",
    ],
)
def test_prose_without_dateline_begins_at_once(text: str) -> None:
    assert without_dateline(text) == 0


def test_biography_of_somebody_the_article_speaks_of_is_no_sign_off() -> None:
    line = "Piet Lind est journaliste à Karsa."
    assert is_sign_off(line, ["Une digue à Lindoe", "Le bois arrive."])
    assert not is_sign_off(line, ["Piet Lind libéré", "Le bois arrive."])


@pytest.mark.parametrize(
    ("line", "leaves"),
    [
        ("Passionné de mers, j'explore les ports du Nord.", True),
        ("Cet article a été publié dans la Gazette du môle.", True),
        ("Abonnez-vous.", True),
        ("To reach the desk, write to us.", True),
        ("« Je suis journaliste », a-t-il répété.", False),
        ("Le bois arrive.", False),
        ("Je suis journaliste. " * 40, False),
    ],
)
def test_sign_off_is_told_from_the_last_paragraph(line: str, leaves: bool) -> None:
    assert is_sign_off(line, ["Une digue", "Le bois."]) is leaves


@pytest.mark.parametrize("piece", ["Ab ", "© ", "le 12 ", "A-", "- ", "a/", "Ab Cd, ", "(AFP) "])
def test_hostile_text_does_not_stall(piece: str) -> None:
    is_furniture((piece * 600)[:600])
    without_dateline(piece * 10_000)


@pytest.mark.skipif(not WEEK.is_file(), reason="../shared/data/week_2020-W22.jsonl is absent")
def test_a_real_week_loses_no_sentence() -> None:
    kept = taken = 0
    for line in WEEK.read_text(encoding="utf-8").splitlines():
        article = json.loads(line)
        for sentence in [s for text in article["body"] for s in sentences(text)]:
            prose = sentence[0].isalnum() and sentence.endswith(".") and len(sentence) > 30
            kept += prose
            taken += prose and is_furniture(sentence)
    assert kept > 5_000
    assert taken == 0
