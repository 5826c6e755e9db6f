"""What of a visitor's message the model may not read, and how it comes back."""

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadlayer.chat.placeholders import Placeholders, without_secrets

PROSE = "Ik zoek een fiets: maat 54, rood of blauw. Können Sie liefern? (snel, aub) - "


def with_check_digits(country: str, account: str) -> str:
    number = "".join(str(int(character, 36)) for character in account + country + "00")
    return f"{country}{98 - int(number) % 97:02}{account}"


def luhn(body: str) -> str:
    doubled = (sum(divmod(2 * int(digit), 10)) for digit in body[::-2])
    return body + str(-(sum(doubled) + sum(int(digit) for digit in body[-2::-2])) % 10)


def is_bsn(digits: str) -> bool:
    return (
        sum(int(d) * w for d, w in zip(digits, (9, 8, 7, 6, 5, 4, 3, 2, -1), strict=True)) % 11 == 0
    )


def grouped(value: str, size: int, separator: str) -> str:
    return separator.join(value[at : at + size] for at in range(0, len(value), size))


def decimals(size: int) -> st.SearchStrategy[str]:
    return st.text(string.digits, min_size=size, max_size=size)


separators = st.sampled_from(["", " ", "-", ".", "\u00a0"])
letters = st.text(string.ascii_lowercase + "éü", min_size=1, max_size=12)
emails = st.builds("{}{}{}@{}.{}".format, letters, st.sampled_from(["", ".", "+", "_"]), letters,
                   letters, st.sampled_from(["nl", "de", "co.uk", "museum"]))  # fmt: skip
ibans = st.builds(
    lambda iban, separator, lower: grouped(iban.lower() if lower else iban, 4, separator),
    st.one_of(
        decimals(10).map(lambda tail: with_check_digits("NL", "ABNA" + tail)),
        decimals(18).map(lambda tail: with_check_digits("DE", tail)),
        decimals(12).map(lambda tail: with_check_digits("BE", tail)),
    ),
    st.sampled_from(["", " ", "-"]),
    st.booleans(),
)
cards = st.builds(
    lambda first, rest, separator: grouped(luhn(first + rest), 4, separator),
    st.sampled_from("23456"),
    st.integers(11, 17).flatmap(decimals),
    separators,
)
bsns = st.builds(
    lambda digits, separator: grouped(digits, 3, separator),
    st.builds("{}{}".format, st.sampled_from("123456789"), decimals(8)).filter(is_bsn),
    separators,
)
phones = st.builds(
    lambda prefix, body, separator: prefix + separator + grouped(body, 4, separator),
    st.sampled_from(["06", "+316", "+31 (0)6", "00316", "(06)", "+32 47", "+4915"]),
    decimals(8),
    separators,
)
alphanumeric = st.text(string.ascii_letters + string.digits, min_size=30, max_size=40)
secrets = st.one_of(
    st.builds("sk-{}".format, alphanumeric),
    st.builds("sk_live_{}".format, alphanumeric),
    st.builds("ghp_{}".format, alphanumeric),
    st.builds("AKIA{}".format, alphanumeric.map(str.upper)),
    st.builds("eyJhbGciOi{0}.{0}.{0}".format, alphanumeric),
    alphanumeric.map(
        lambda body: f"-----BEGIN PRIVATE KEY-----\n{body}\n-----END PRIVATE KEY-----"
    ),
)
passwords = st.text(string.ascii_letters + string.digits + "!$&*+", min_size=6).filter(
    lambda word: word.lower() not in "password passwort wachtwoord"
)
around = st.sampled_from(["", " ", "\n", "(", "): ", ", ", "! ", " - ", "Mail mij: ", " of "])
personal = st.one_of(emails, ibans, bsns, phones)
messages = st.lists(
    st.one_of(st.text(max_size=20), around, personal, st.sampled_from(["[EMAIL_1]", "[phone_2]"]))
).map("".join)


@given(st.one_of(personal, cards, secrets), around, st.sampled_from([" ", "\n", ", ", ") ", "! "]))
def test_no_canary_reaches_the_model(canary: str, before: str, after: str):
    hidden = Placeholders().hide(f"{PROSE}{before}{canary}{after}{PROSE}")

    assert canary not in hidden
    assert hidden.startswith(PROSE)
    assert hidden.endswith(after + PROSE)
    assert len(hidden) <= len(PROSE + before + "[SECRET_1]" + after + PROSE)


@given(
    st.sampled_from(["password: {}", "Wachtwoord:{}", "Passwort = {}", '"password": "{}"']),
    passwords,
)
def test_a_password_after_its_label_reaches_neither_the_model_nor_the_answer(
    pattern: str, password: str
):
    placeholders = Placeholders()

    hidden = placeholders.hide(pattern.format(password) + " en dan")

    assert hidden.count("[SECRET_1]") == 1
    assert password not in hidden.replace("[SECRET_1]", "")
    assert password not in placeholders.show(hidden)
    assert placeholders.show("[SECRET_1]") == "•" * 8


@given(messages)
def test_what_was_hidden_comes_back_exactly(text: str):
    placeholders = Placeholders()
    hidden = placeholders.hide(text)
    # Random digits can be a card; only then is the way back closed, on purpose.
    if not any(key.startswith(("[CARD", "[SECRET")) for key in placeholders._shown):
        assert placeholders.show(hidden) == text


@given(messages, messages)
def test_a_history_read_again_gives_every_value_the_same_placeholder(first: str, second: str):
    stored = [without_secrets(first), without_secrets(second)]
    before, after = Placeholders(), Placeholders()

    hidden = [before.hide(text) for text in stored]

    assert [after.hide(text) for text in stored] == hidden
    assert [after.show(text) for text in hidden] == [before.show(text) for text in hidden]


@given(cards)
def test_a_card_comes_back_masked_and_is_not_kept(card: str):
    placeholders = Placeholders()

    answer = placeholders.show(placeholders.hide(f"kaart {card}!"))

    last_four = "".join(character for character in card if character.isdigit())[-4:]
    assert answer == f"kaart •••• {last_four}!"
    assert card not in str(vars(placeholders)["_shown"])
    assert placeholders.hide(answer) == answer


def test_masked_text_is_not_hidden_again():
    placeholders = Placeholders()
    shown = placeholders.show(placeholders.hide("wachtwoord: Geheim12! en sk-ant-abcdefghijklmnop"))

    assert shown == "wachtwoord: •••••••• en ••••••••"
    assert placeholders.hide(shown) == shown


def holding(shown: dict[str, str]) -> Placeholders:
    """Placeholders with a state that typing could not bring about so easily."""
    placeholders = Placeholders()
    placeholders._shown |= shown
    for placeholder in shown:
        kind, number = placeholder.strip("[]").split("_")
        placeholders._counts[kind] = max(placeholders._counts[kind], int(number))
    return placeholders


@given(messages, st.lists(st.integers(1, 12)))
def test_a_stream_cut_anywhere_shows_what_the_whole_shows(text: str, sizes: list[int]):
    placeholders = holding({"[EMAIL_1]": "[PHONE_2]", "[PHONE_2]": "06 [", "[EMAIL_12]": "x"})
    hidden = placeholders.hide(text) + "[EMAIL_1][EMAIL_12][EMAIL_[PHONE_2]] [IBAN_9] [EMAIL_"
    longest = max(map(len, placeholders._shown))
    stream = placeholders.stream()
    shown, at = "", 0

    for size in [*sizes, *[1] * len(hidden)]:
        shown += stream.feed(hidden[at : at + size])
        at = min(at + size, len(hidden))
        held = len(placeholders.show(hidden[:at])) - len(shown)
        assert 0 <= held < longest

    assert shown + stream.end() == placeholders.show(hidden)


def test_a_stream_holds_nothing_back_that_cannot_become_a_placeholder():
    stream = holding({"[EMAIL_1]": "jan@example.nl"}).stream()

    assert stream.feed("zie [dit] en [EM") == "zie [dit] en "
    assert stream.feed("AIL_1") == ""
    assert stream.feed("] of [1") == "jan@example.nl of [1"
    assert stream.feed(" [") == " "
    assert stream.end() == "["
    assert stream.end() == ""


@pytest.mark.parametrize(
    "typed", ["[EMAIL_1]", "[email_1]", "[ Email 1 ]", "[PHONE-01]", "[TEXT_1]", "[IBAN_9999999]"]
)
def test_a_placeholder_typed_by_the_visitor_pulls_nothing_out(typed: str):
    placeholders = holding({"[EMAIL_1]": "jan@example.nl", "[TEXT_1]": "[IBAN_1]"})

    hidden = placeholders.hide(f"Wat is {typed}?")

    assert typed not in hidden.replace("[TEXT_2]", "")
    assert placeholders.show(hidden) == f"Wat is {typed}?"
    assert "jan@example.nl" not in placeholders.show(hidden)


def test_a_placeholder_of_another_conversation_stays_as_it_is():
    assert holding({"[EMAIL_1]": "a@b.nl"}).show("[EMAIL_2] [PHONE_1]") == "[EMAIL_2] [PHONE_1]"


def test_only_an_email_address_or_a_phone_number_can_become_part_of_a_lead():
    placeholders = Placeholders()
    placeholders.hide(
        "jan@x.nl, 0612345678, NL91ABNA0417164300, 123456782, 4111111111111111 [BSN_1]"
    )

    held = placeholders._shown
    assert len(held) == 6
    assert {key: placeholders.value_of(key) for key in held if placeholders.value_of(key)} == {
        "[EMAIL_1]": "jan@x.nl",
        "[PHONE_1]": "0612345678",
    }
    assert placeholders.value_of("[EMAIL_2]") is None
    assert placeholders.value_of("jan@x.nl") is None


@pytest.mark.parametrize(
    ("text", "hidden"),
    [
        ("Mail jan@x.nl.", "Mail [EMAIL_1]."),
        ("'piet.o'brien@x.co.uk', jan@x.nl!", "'[EMAIL_1]', [EMAIL_2]!"),
        ("mailto:jan@x.nl?subject=hoi", "mailto:[EMAIL_1]?subject=hoi"),
        ("jan@x.nl- ok", "[EMAIL_1]- ok"),
        ("<josé@müller.de>", "<[EMAIL_1]>"),
        ('"jan jansen"@x.nl', "[EMAIL_1]"),
        ("jan (at) example.nl", "[EMAIL_1]"),
        ("email=jan@x.nl en jan@x.nl", "email=[EMAIL_1] en [EMAIL_1]"),
        ("0612345678@x.nl", "[EMAIL_1]"),
        ("Bel 06-12345678.", "Bel [PHONE_1]."),
        ("(030) 123 4567 of 020 - 123 45 67", "[PHONE_1] of [PHONE_2]"),
        ("(bel +31 (0)6 1234 5678)", "(bel [PHONE_1])"),
        ("+31 (0)6 1234 5678 9", "[PHONE_1] 9"),
        ("+32 470 12 34 56, 0470/12.34.56", "[PHONE_1], [PHONE_2]"),
        ("+49 (0) 151 23456789 / 030 123456-12", "[PHONE_1] / [PHONE_2]"),
        ("0049 30 12345678", "[PHONE_1]"),
        ("31612345678 of 612345678", "[PHONE_1] of [PHONE_2]"),
        ("555-123-4567", "[PHONE_1]"),
        ("0612345678 0687654321", "[PHONE_1] [PHONE_2]"),
        ("+31612345678 123456782", "[PHONE_1] [BSN_1]"),
        ("06 12345678 4111 1111 1111 1111 123", "[PHONE_1] [CARD_1] 123"),
        ("\uff10\uff16\uff11\uff12\uff13\uff14\uff15\uff16\uff17\uff18", "[PHONE_1]"),
        ("06\u200b12345678", "[PHONE_1]"),
        ("4111 1111  1111 1111 ok", "[CARD_1] ok"),
        ("4111 1111\n1111 1111", "[CARD_1]"),
        ("4111 1111\r\n1111\t1111", "[CARD_1]"),
        ("4111-1111 1111-1111", "[CARD_1]"),
        ("4111_1111_1111_1111", "[CARD_1]"),
        ("4111,1111,1111,1111, dank", "[CARD_1], dank"),
        ("411111 1111 11 1111", "[CARD_1]"),
        ("3782, 822463 10005", "[CARD_1]"),
        ("5555 5555\t5555-4444 en 2223 0031 2200\n3222", "[CARD_1] en [CARD_2]"),
        ("06\t12345678", "[PHONE_1]"),
        ("0612\n345678", "[PHONE_1]"),
        ("06_1234_5678 of 06,12345678", "[PHONE_1] of [PHONE_2]"),
        ("+31\t6\t12345678", "[PHONE_1]"),
        ("0031\n612345678", "[PHONE_1]"),
        ("0612345678, 123456782\n0687654321", "[PHONE_1], [BSN_1]\n[PHONE_2]"),
        ("030 1234567, 12 stuks", "[PHONE_1], 12 stuks"),
        ("Maat 54, (030) 123 4567", "Maat 54, [PHONE_1]"),
        ("10000008, graag", "[BSN_1], graag"),
        ("BSN: 1234.56.782 of 12 34 56 782", "BSN: [BSN_1] of [BSN_2]"),
        ("bsn 10000008", "bsn [BSN_1]"),
        ("NL91 ABNA 0417 1643 00 graag", "[IBAN_1] graag"),
        ("nl91abna0417164300 0612345678", "[IBAN_1] [PHONE_1]"),
        ("NL92 ABNA 0417 1643 00", "NL92 ABNA [PHONE_1]"),  # a typing error fails the check
        ("GB29 NWBK 6016 1331 9268 19", "[IBAN_1]"),
        ("wachtwoord: Geheim1, dank", "wachtwoord: [SECRET_1], dank"),
        ("mijn wachtwoord is geheim12 ok", "mijn wachtwoord is [SECRET_1] ok"),
        ("password: 'a b c' x", "password: [SECRET_1] x"),
        ("password: 'tis", "password: [SECRET_1]"),
        ("password: jan@x.nl", "password: [SECRET_1]"),
        ("Authorization: Bearer abc123def456", "Authorization: Bearer [SECRET_1]"),
        ("pincode: 1234", "pincode: [SECRET_1]"),
        ("-----BEGIN RSA PRIVATE KEY-----\nabc", "[SECRET_1]"),
    ],
)
def test_a_message_leaves_as(text: str, hidden: str):
    assert Placeholders().hide(text) == hidden


@pytest.mark.parametrize(
    "text",
    [
        "Bestelling 1234567 van 23-11-2026 om 10:30 kostte € 1.299,00, klopt dat?",
        "Jullie zijn open van 08:30-17:00 en op 24/12/2026 tot 16.00 uur?",
        "Ik woon in 1234 AB Utrecht, nummer 12-14, en zoek maat 38 39 40 41 42.",
        "Tussen 2026-11-23 en 2026-12-01, of 01.02.2027 10 uur.",
        "Ik ben mijn wachtwoord vergeten. Mijn wachtwoord is vergeten!",
        "Was kostet das Fahrrad mit 28 Zoll? Ich habe 1.500 bis 2.000 Euro, PLZ 10115 Berlin.",
        "Passwort vergessen: wie geht das? Artikel A-4711/08, Rabatt 12,5 %.",
        "Do you ship to the UK? My order 998877 was placed on 11/23/2026 for $1,299.99.",
        "Is the secret: quality? A token of thanks, see you @ the shop at 5 o'clock.",
        "Versie 10.11.12 van 3.14, 50% korting, 2x3 meter, 0,99 per stuk, 0.99 0.89 0.79.",
        "Ik zag de 19 stuks graag morgen op",  # by chance passes the check of an IBAN
        "Van 24-11-2026, 25-11-2026 of 2026-12-01, 2026-12-02\n24/12/2026 31/12/2026.",
        "Zijn 45,00 50,00 55,00 60,00 of 10,00, 20,00, 30,00, 40,00 alle prijzen, of 10,000?",
        "1.234,56 plus 4.500,00, 5.250,00 en 6.100,00 is samen 15.084,56.",
        "Maten 38,39,40,41,42,43,44,45,46,47,48 of\n40\n41\n42\n43\n44\n45\n46\n47\n48\n49",
        "Kosten 02,50 03,75 04,20 05,10 of 1250,00 1299,00?",
        "[1] zie hierboven, [x] klaar, array[0], [EMAIL] en [EMAIL_]",
        "",
    ],
)
def test_an_ordinary_sentence_leaves_untouched(text: str):
    placeholders = Placeholders()

    assert placeholders.hide(text) == text
    assert placeholders._shown == {}


@pytest.mark.parametrize(
    "piece",
    [
        "a", "1", "0", "[", "[EMAIL_", "[EMAIL_1", "@", "a@", "a@b", "a@b.", ".", "a.", "1 ", "0 ",
        "+", "+1", "(", "(0", "1-", "12 34 ", "NL91", "NL91 ", "de12", "eyJ", "eyJa.", "eyJaaaa.",
        "sk-", "password:", "wachtwoord is ", "token", "bearer ", '"', "password: '", " ", "\n",
        "-----BEGIN A-----", "-----BEGIN ", "(at)", " (at) ", "'", "4111 1111 ", "é\u0301",
        "0123\n", "4111,", "1_", "+31\t", "00 \n", "01,\n",
    ],
)  # fmt: skip
def test_repeated_hostile_text_of_full_length_is_read_in_time(piece: str):
    text = (piece * 20_000)[:20_000]
    placeholders = Placeholders()

    shown = placeholders.show(placeholders.hide(text + "!"))

    assert len(shown) > 0
