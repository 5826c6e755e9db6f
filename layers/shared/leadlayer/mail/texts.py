"""The words of our mails, in three languages. They name the site and a link; nothing of a lead."""

from leadlayer.mail.model import Letter

_NEW_LEAD = {
    "nl": Letter(
        "Nieuwe lead op {site}",
        "Er is een nieuwe lead op {site}.\n\nBekijk de lead na het inloggen:\n{link}\n\n"
        "Deze mail bevat met opzet geen gegevens van de persoon.\n",
    ),
    "en": Letter(
        "New lead on {site}",
        "There is a new lead on {site}.\n\nSign in to see it:\n{link}\n\n"
        "On purpose, this mail contains nothing about the person.\n",
    ),
    "de": Letter(
        "Neuer Lead auf {site}",
        "Es gibt einen neuen Lead auf {site}.\n\nNach der Anmeldung ansehen:\n{link}\n\n"
        "Diese Mail enthält absichtlich keine Daten der Person.\n",
    ),
}
_LETTERS = {"new_lead": _NEW_LEAD}


def letter(kind: str, *, language: str, site: str, link: str) -> Letter:
    """Raises KeyError for a kind of mail that has no text."""
    texts = _LETTERS[kind]
    chosen = texts.get(language, texts["en"])
    # A customer's own name for the site must not be able to start another header line.
    site_line = " ".join(site.split())
    return Letter(
        chosen.subject.format(site=site_line), chosen.text.format(site=site_line, link=link)
    )
