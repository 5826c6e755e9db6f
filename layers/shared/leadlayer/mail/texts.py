"""The words of our mails, in three languages: a link, the name of a site or account, and nothing of
a visitor."""

from collections.abc import Mapping

from leadlayer.mail.model import Letter, MailKind

_NEW_LEAD = {
    "nl": Letter(
        "Nieuwe lead op {name}",
        "Er is een nieuwe lead op {name}.\n\nBekijk de lead na het inloggen:\n{link}\n\n"
        "Deze mail bevat met opzet geen gegevens van de persoon.\n",
    ),
    "en": Letter(
        "New lead on {name}",
        "There is a new lead on {name}.\n\nSign in to see it:\n{link}\n\n"
        "On purpose, this mail contains nothing about the person.\n",
    ),
    "de": Letter(
        "Neuer Lead auf {name}",
        "Es gibt einen neuen Lead auf {name}.\n\nNach der Anmeldung ansehen:\n{link}\n\n"
        "Diese Mail enthält absichtlich keine Daten der Person.\n",
    ),
}
_SIGN_IN = {
    "nl": Letter(
        "Inloggen bij LeadLayer",
        "Log in met deze link:\n{link}\n\n"
        "De link werkt 10 minuten, één keer, en alleen in de browser waarin u hem aanvroeg.\n"
        "Niet aangevraagd? Dan hoeft u niets te doen.\n",
    ),
    "en": Letter(
        "Sign in to LeadLayer",
        "Sign in with this link:\n{link}\n\n"
        "It works for 10 minutes, once, and only in the browser that asked for it.\n"
        "If you did not ask for it, there is nothing you need to do.\n",
    ),
    "de": Letter(
        "Anmelden bei LeadLayer",
        "Melden Sie sich mit diesem Link an:\n{link}\n\n"
        "Er gilt 10 Minuten, ein Mal, und nur in dem Browser, in dem Sie ihn angefordert haben.\n"
        "Nicht angefordert? Dann brauchen Sie nichts zu tun.\n",
    ),
}
_SIGN_UP = {
    "nl": Letter(
        "Uw account bij LeadLayer",
        "Open uw account met deze link:\n{link}\n\n"
        "De link werkt 10 minuten, één keer, en alleen in de browser waarin u hem aanvroeg.\n"
        "Niet aangevraagd? Dan hoeft u niets te doen: er wordt geen account gemaakt.\n",
    ),
    "en": Letter(
        "Your LeadLayer account",
        "Open your account with this link:\n{link}\n\n"
        "It works for 10 minutes, once, and only in the browser that asked for it.\n"
        "If you did not ask for it, there is nothing you need to do: no account is made.\n",
    ),
    "de": Letter(
        "Ihr Konto bei LeadLayer",
        "Eröffnen Sie Ihr Konto mit diesem Link:\n{link}\n\n"
        "Er gilt 10 Minuten, ein Mal, und nur in dem Browser, in dem Sie ihn angefordert haben.\n"
        "Nicht angefordert? Dann brauchen Sie nichts zu tun: Es wird kein Konto angelegt.\n",
    ),
}
_INVITATION = {
    "nl": Letter(
        "Uitnodiging voor {name} bij LeadLayer",
        "U bent uitgenodigd voor {name}.\n\nLog in met dit e-mailadres:\n{link}\n\n"
        "Wilt u niet meedoen? Dan hoeft u niets te doen.\n",
    ),
    "en": Letter(
        "Invitation to {name} at LeadLayer",
        "You were invited to {name}.\n\nSign in with this e-mail address:\n{link}\n\n"
        "If you do not want to join, there is nothing you need to do.\n",
    ),
    "de": Letter(
        "Einladung zu {name} bei LeadLayer",
        "Sie wurden zu {name} eingeladen.\n\n"
        "Melden Sie sich mit dieser E-Mail-Adresse an:\n{link}\n\n"
        "Möchten Sie nicht mitmachen? Dann brauchen Sie nichts zu tun.\n",
    ),
}
_EXPORT_READY = {
    "nl": Letter(
        "Uw export staat klaar",
        "De export van {name} die u aanvroeg staat klaar.\n\n"
        "Haal hem op na het inloggen:\n{link}\n\n"
        "Na 7 dagen wordt hij verwijderd.\n",
    ),
    "en": Letter(
        "Your export is ready",
        "The export of {name} that you asked for is ready.\n\nSign in to download it:\n{link}\n\n"
        "After 7 days it is deleted.\n",
    ),
    "de": Letter(
        "Ihr Export ist bereit",
        "Der Export von {name}, den Sie angefordert haben, ist bereit.\n\n"
        "Nach der Anmeldung herunterladen:\n{link}\n\nNach 7 Tagen wird er gelöscht.\n",
    ),
}
_ACCOUNT_TERMINATED = {
    "nl": Letter(
        "Het account {name} is beëindigd",
        "Het account {name} is beëindigd.\n"
        "Widget, chat, teller, sleutels en webhooks staan uit.\n\n"
        "Tot {until} kunt u inloggen, de gegevens exporteren of het account heropenen:\n{link}\n\n"
        "Daarna wordt alles verwijderd.\n",
    ),
    "en": Letter(
        "The account {name} has been terminated",
        "The account {name} has been terminated.\n"
        "Widget, chat, counter, keys and webhooks are off.\n\n"
        "Until {until} you can sign in, export the data or reopen the account:\n{link}\n\n"
        "After that everything is deleted.\n",
    ),
    "de": Letter(
        "Das Konto {name} wurde beendet",
        "Das Konto {name} wurde beendet.\n"
        "Widget, Chat, Zähler, Schlüssel und Webhooks sind aus.\n\n"
        "Bis {until} können Sie sich anmelden, die Daten exportieren oder das Konto wieder "
        "öffnen:\n{link}\n\nDanach wird alles gelöscht.\n",
    ),
}
LETTERS: Mapping[MailKind, Mapping[str, Letter]] = {
    "new_lead": _NEW_LEAD,
    "sign_in": _SIGN_IN,
    "sign_up": _SIGN_UP,
    "invitation": _INVITATION,
    "export_ready": _EXPORT_READY,
    "account_terminated": _ACCOUNT_TERMINATED,
}


def letter(kind: MailKind, *, language: str, link: str, name: str = "", until: str = "") -> Letter:
    """`name` is that of the site or account. Raises KeyError for a kind of mail without a text."""
    texts = LETTERS[kind]
    chosen = texts.get(language, texts["en"])
    # A customer's own name for something must not be able to start another header line.
    facts = {"name": " ".join(name.split()), "link": link, "until": until}
    return Letter(chosen.subject.format(**facts), chosen.text.format(**facts))
