"""Values that stand for people in tests; none of them may appear in anything that is printed."""

# From the event files and the tests: whatever a request carried. Site and lead ids are no canaries.
CANARIES = (
    "noor@example.com",
    "Noor de Vries",
    "+31612345678",
    "+31 6 12345678",
    "06 12345678",
    "0612345678",
    "203.0.113.7",
    "2001:db8::1",
    "Mag ik zaterdag een proefrit maken",
    "Hebben jullie ook kinderfietsen",
    "kanarie",
    "owner@shop.example",
    "Gecko/20100101",
)


def leaks(text: str) -> list[str]:
    lowered = text.lower()
    return [canary for canary in CANARIES if canary.lower() in lowered]
