"""What LeadLayer itself says in a widget, in three languages: that an AI answers, and a greeting.

The disclosure cannot be changed or switched off by a customer (AI Act, art. 50(1) and (5)). Its
version is in policy.toml and is stored with each conversation.
"""

DISCLOSURE = {
    "nl": (
        "Je praat met een AI-assistent, niet met een mens. Antwoorden kunnen fouten bevatten. "
        "Deel hier geen BSN, medische gegevens of betaalgegevens. "
        "Je kunt altijd vragen of een medewerker contact opneemt."
    ),
    "en": (
        "You are talking to an AI assistant, not to a human. Answers may contain mistakes. "
        "Please do not share ID numbers, medical or payment details here. "
        "You can always ask for a member of staff to contact you."
    ),
    "de": (
        "Du sprichst mit einem KI-Assistenten, nicht mit einem Menschen. Antworten können Fehler "
        "enthalten. Teile hier keine Ausweisnummern, Gesundheits- oder Zahlungsdaten. "
        "Du kannst jederzeit darum bitten, dass sich ein Mensch meldet."
    ),
}

GREETING = {
    "nl": "Hallo! Waarmee kan ik je helpen?",
    "en": "Hello! How can I help you?",
    "de": "Hallo! Wie kann ich dir helfen?",
}
