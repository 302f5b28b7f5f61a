"""Which column of a CSV file means what: names in English and French, however they are written.

`E-mail`, `e mail`, `EMAIL` and `courriel` are one column; `Prénom` beside `Nom` makes the name.
Unknown columns are left out and named in the report.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from digest.errors import InputError
from digest.text.folding import fold_together

#: Meaning → folded names, the surest first.
SUBSCRIBER_COLUMNS: Mapping[str, tuple[str, ...]] = {
    "email": (
        "email",
        "emailaddress",
        "mail",
        "courriel",
        "mel",
        "adresseemail",
        "adressemail",
        "adressecourriel",
        "adresseelectronique",
        "adressedemessagerie",
        "address",
        "adresse",
    ),
    "name": ("name", "nom", "fullname", "nomcomplet", "lastname", "surname", "nomdefamille"),
    "first_name": ("firstname", "givenname", "prenom"),
    "language": ("language", "langue", "lang"),
    "status": ("status", "statut", "etat"),
    "consent_at": (
        "consentat",
        "dateconsentement",
        "datedeconsentement",
        "dateduconsentement",
        "consentele",
        "dateinscription",
        "datedinscription",
    ),
    "consent_source": (
        "consentsource",
        "sourceconsentement",
        "sourcedeconsentement",
        "sourceduconsentement",
        "origineconsentement",
        "origineduconsentement",
    ),
}

SUPPRESSION_COLUMNS: Mapping[str, tuple[str, ...]] = {
    "email": SUBSCRIBER_COLUMNS["email"],
    "reason": ("reason", "motif", "raison"),
    "note": ("note", "remarque", "commentaire"),
}


@dataclass(frozen=True, slots=True)
class Columns:
    """Where each meaning stands. `names` maps a meaning to its header as the file writes it."""

    places: Mapping[str, int]
    names: Mapping[str, str]
    ignored: tuple[str, ...]


def known_names(meanings: Mapping[str, tuple[str, ...]]) -> set[str]:
    """Every folded name of a set of columns."""
    return {name for names in meanings.values() for name in names}


def find_columns(
    path: Path, header: Sequence[str], meanings: Mapping[str, tuple[str, ...]]
) -> Columns:
    """What each column of a header means.

    Raises:
        InputError: no column holds the address, or two columns have one name.
    """
    folded = [fold_together(name) for name in header]
    places: dict[str, int] = {}
    for meaning, names in meanings.items():
        for name in names:
            if folded.count(name) > 1:
                twice = [header[i] for i, found in enumerate(folded) if found == name]
                raise InputError(
                    f"{path}: row 1 names a column twice: “{twice[0]}” and “{twice[1]}”.",
                    "Rename or remove one of them.",
                )
            if name in folded:
                places[meaning] = folded.index(name)
                break
    if "email" not in places:
        raise InputError(
            f"{path}: row 1 names no column for the address (found: "
            f"{', '.join(_shown(name) for name in header[:8])}).",
            f"Name the columns in row 1: {', '.join(meanings)}; only email is needed.",
        )
    used = set(places.values())
    return Columns(
        places=places,
        names={meaning: header[place] for meaning, place in places.items()},
        ignored=tuple(name for i, name in enumerate(header) if i not in used and name),
    )


def _shown(name: str) -> str:
    return "an address" if "@" in name else f"“{name[:40]}”"
