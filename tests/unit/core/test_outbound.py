"""Customers choose where webhooks go, and can choose nothing but hosts of the public internet."""

import ipaddress
import socket
import threading
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadlayer.core.outbound import (
    MAX_URL,
    NotSent,
    Outbound,
    Target,
    is_public,
    system_addresses,
    target,
)

GOOD = "https://hooks.example.com/leads?key=1"
PUBLIC = "93.184.215.14"

DISGUISED = [
    "http://hooks.example.com/",
    "//hooks.example.com/",
    "hooks.example.com",
    "ftp://hooks.example.com/",
    "file:///etc/passwd",
    "https:hooks.example.com",
    "https:///hooks.example.com",
    "https://",
    "",
    # another port, or none at all behind the colon
    "https://hooks.example.com:8443/",
    "https://hooks.example.com:80/",
    "https://hooks.example.com:0443/",
    "https://hooks.example.com:/",
    # somebody's name in front
    "https://user@hooks.example.com/",
    "https://user:word@hooks.example.com/",
    "https://hooks.example.com:443@10.0.0.1/",
    "https://hooks.example.com\\@10.0.0.1/",
    "https://hooks.example.com\\.evil.test/",
    # numbers, however they are written
    "https://127.0.0.1/",
    "https://0177.0.0.1/",
    "https://0x7f.0.0.1/",
    "https://0x7f000001/",
    "https://2130706433/",
    "https://127.1/",
    "https://169.254.169.254/latest/meta-data/",
    "https://93.184.215.14/",
    "https://1.2.3.0x4/",
    "https://[::1]/",
    "https://[fe80::1%25eth0]/",
    "https://[::ffff:169.254.169.254]/",
    "https://[fd00:ec2::254]/",
    # no name of the internet
    "https://localhost/",
    "https://intranet/",
    "https://hooks.example.com./",
    "https://.example.com/",
    "https://hooks..example.com/",
    "https://-hooks.example.com/",
    "https://hooks-.example.com/",
    "https://hooks.example.com%2eevil.test/",
    "https://hooks%00.example.com/",
    f"https://{'a' * 64}.example.com/",
    "https://" + "abcdefg." * 32 + "example/",
    # letters that look like others
    "https://hооks.example.com/",  # noqa: RUF001  # Cyrillic, on purpose
    "https://hooks\u3002example.com/",
    "https://hooks.example.com\uff0f@evil.test/",
    "https://ex\u00e4mple.com/",
    "https://hooks.example.co\u212a/",
    # what ends a line or a word
    "https://hooks.example.com/\r\nX: 1",
    "https://hooks.example.com/a b",
    "https://hooks.example.com/\x00",
    "https://hooks.example.com/\t",
    " https://hooks.example.com/",
    "https://hooks.example.com/\n",
    "https://hooks.example.com/#fragment",
    "https://hooks.example.com/" + "a" * MAX_URL,
]


def is_refused(url: str, *, local: bool = False) -> bool:
    try:
        target(url, local=local)
    except NotSent as error:
        return error.code == "refused"
    return False


@pytest.mark.parametrize("url", DISGUISED)
@pytest.mark.parametrize("local", [False, True])
def test_no_disguise_is_taken_for_an_address_of_the_internet(url: str, local: bool):
    assert is_refused(url, local=local)


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        (GOOD, Target("hooks.example.com", 443, "/leads?key=1")),
        ("https://hooks.example.com", Target("hooks.example.com", 443, "/")),
        ("https://hooks.example.com?a=b", Target("hooks.example.com", 443, "/?a=b")),
        ("HTTPS://HOOKS.Example.COM:443/A", Target("hooks.example.com", 443, "/A")),
        ("https://xn--bcher-kva.example/@me", Target("xn--bcher-kva.example", 443, "/@me")),
        ("https://a.example/%C3%A4;x=(1)", Target("a.example", 443, "/%C3%A4;x=(1)")),
    ],
)
def test_an_address_of_the_internet_is_read_as_it_is(url: str, expected: Target):
    assert target(url) == expected


def test_the_vectors_would_catch_a_check_of_how_it_begins():
    careless = [url for url in DISGUISED if url.startswith("https://")]

    assert "https://hooks.example.com\\@10.0.0.1/" in careless
    assert len(careless) > 30


@pytest.mark.parametrize("url", ["http://127.0.0.1:9000/hook", "http://localhost:9000/hook"])
def test_this_machine_is_for_the_local_stage_only(url: str):
    assert target(url, local=True) == Target("127.0.0.1", 9000, "/hook", is_local=True)
    assert is_refused(url)


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1.evil.test/",
        "http://127.0.0.1@evil.test/",
        "http://127.0.0.1:9000@evil.test/",
        "http://127.0.0.2/",
        "http://169.254.169.254/",
        "http://10.0.0.1/",
        "http://0.0.0.0/",
        "http://localhost.evil.test/",
        "http://evil.test\\@127.0.0.1/",
    ],
)
def test_the_local_stage_sends_plain_to_this_machine_alone(url: str):
    assert is_refused(url, local=True)


@given(st.text(max_size=80))
def test_whatever_is_typed_is_refused_or_read_and_never_an_error(text: str):
    for url in (text, f"https://{text}", f"https://hooks.example.com/{text}"):
        if not is_refused(url):
            assert url.isascii()
            assert url.isprintable()
            assert " " not in url


# Addresses

INSIDE = [
    "0.0.0.0",
    "0.1.2.3",
    "10.0.0.1",
    "100.64.0.1",
    "100.100.100.200",
    "100.127.255.255",
    "127.0.0.1",
    "127.255.255.254",
    "169.254.0.1",
    "169.254.169.254",
    "169.254.170.2",
    "172.16.0.1",
    "172.31.255.255",
    "192.0.0.1",
    "192.0.2.1",
    "192.88.99.1",
    "192.168.1.1",
    "198.18.0.1",
    "198.51.100.1",
    "203.0.113.1",
    "224.0.0.1",
    "239.255.255.250",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::127.0.0.1",
    "::ffff:10.0.0.1",
    "::ffff:93.184.215.14",
    "::ffff:0:10.0.0.1",
    "64:ff9b::a9fe:a9fe",
    "64:ff9b::5db8:d70e",
    "64:ff9b:1::1",
    "100::1",
    "2001::1",
    "2001:10::1",
    "2001:20::1",
    "2001:db8::1",
    "2002:a9fe:a9fe::1",
    "2002:5db8:d70e::1",
    "3fff::1",
    "5f00::1",
    "fc00::1",
    "fd00:ec2::254",
    "fd12:3456::1",
    "fe80::1",
    "fe80::1%eth0",
    "2a00:1450::1%eth0",
    "fec0::1",
    "ff02::1",
    # nothing that a resolver may answer
    "0177.0.0.1",
    "127.1",
    "2130706433",
    "",
    "hooks.example.com",
]


@pytest.mark.parametrize("address", INSIDE)
def test_an_address_that_is_not_everybodys_is_refused(address: str):
    assert not is_public(address)


@pytest.mark.parametrize("address", [PUBLIC, "8.8.8.8", "2a00:1450:4001:80e::200e", "2606:4700::1"])
def test_an_address_of_the_internet_is_taken(address: str):
    assert is_public(address)


def test_the_vectors_would_catch_a_list_of_private_networks_alone():
    def careless(address: str) -> bool:
        return not ipaddress.ip_address(address).is_private

    passed = [each for each in INSIDE if each[:1].isalnum() and valid(each) and careless(each)]
    assert {"100.64.0.1", "64:ff9b::a9fe:a9fe", "224.0.0.1"} <= set(passed)


def valid(address: str) -> bool:
    try:
        ipaddress.ip_address(address)
    except ValueError:
        return False
    return True


@given(st.ip_addresses(v=4))
def test_an_ipv4_address_is_no_better_in_the_dress_of_ipv6(address: ipaddress.IPv4Address):
    number = int(address)
    mapped, compatible, nat64, sixtofour = 0xFFFF << 32, 0, 0x64FF9B << 96, 0x2002 << 112
    for dressed in (mapped | number, compatible | number, nat64 | number, sixtofour | number << 80):
        assert not is_public(str(ipaddress.IPv6Address(dressed)))


@given(st.one_of(st.ip_addresses(v=4), st.ip_addresses(v=6)))
def test_no_address_of_a_reserved_kind_passes(address: ipaddress.IPv4Address):
    kinds = ("private", "loopback", "link_local", "multicast", "unspecified", "reserved")
    if is_public(str(address)):
        assert [kind for kind in kinds if getattr(address, f"is_{kind}")] == []


# Looking up


class Names:
    """A resolver whose answers change with each question."""

    def __init__(self, *answers: list[str]) -> None:
        self.answers = list(answers)
        self.asked: list[str] = []

    def __call__(self, host: str) -> list[str]:
        self.asked.append(host)
        return self.answers[min(len(self.asked), len(self.answers)) - 1]


def code_of(outbound: Outbound, url: str = GOOD) -> str:
    try:
        outbound.check(url)
    except NotSent as error:
        return error.code
    return "sent"


def test_a_host_with_public_addresses_alone_may_be_sent_to():
    names = Names([PUBLIC, "2606:4700::1"])

    assert code_of(Outbound(resolve=names)) == "sent"
    assert names.asked == ["hooks.example.com"]


@pytest.mark.parametrize("bad", ["10.0.0.1", "169.254.169.254", "fd00:ec2::254", "::ffff:8.8.8.8"])
@pytest.mark.parametrize("first", [True, False])
def test_one_bad_address_among_good_ones_refuses_them_all(bad: str, first: bool):
    addresses = [bad, PUBLIC, "8.8.8.8"] if first else [PUBLIC, "8.8.8.8", bad]

    assert code_of(Outbound(resolve=Names(addresses))) == "refused"


def test_twin_a_door_that_looks_at_the_first_address_only_is_caught():
    looked_at: list[str] = []

    def first_only(address: str) -> bool:
        looked_at.append(address)
        return len(looked_at) > 1 or is_public(address)

    names = Names([PUBLIC, "10.0.0.1"])
    assert code_of(Outbound(resolve=names, accepts=first_only)) == "sent"


def test_a_host_without_an_address_is_not_sent_to():
    def missing(_: str) -> list[str]:
        raise OSError

    assert code_of(Outbound(resolve=Names([]))) == "unreachable"
    assert code_of(Outbound(resolve=missing)) == "unreachable"


def test_a_name_server_that_keeps_us_waiting_is_a_timeout():
    def slow(_: str) -> list[str]:
        raise TimeoutError

    assert code_of(Outbound(resolve=slow)) == "timeout"


def test_a_refused_address_is_not_even_looked_up():
    names = Names([PUBLIC])
    outbound = Outbound(resolve=names)

    assert {code_of(outbound, url) for url in DISGUISED} == {"refused"}
    assert names.asked == []


def test_a_refusal_names_no_host():
    with pytest.raises(NotSent) as refused:
        Outbound(resolve=Names(["10.0.0.1"])).check("https://canary.example/")
    assert "canary" not in f"{refused.value!r}{refused.value.__cause__!r}"


def test_the_systems_resolver_is_asked_for_as_long_as_we_like_and_no_longer():
    released = threading.Event()

    def slow(*_: Any, **__: Any) -> list[Any]:
        released.wait(10)
        return []

    with pytest.raises(TimeoutError):
        system_addresses("hooks.example.com", look_up=slow, patience_s=0.05)
    released.set()


def test_the_systems_resolver_gives_the_addresses_and_none_for_a_missing_host():
    def known(host: str, port: int, **_: Any) -> list[Any]:
        return [(2, 1, 6, "", (PUBLIC, port)), (10, 1, 6, "", ("2606:4700::1", port, 0, 0))]

    def missing(*_: Any, **__: Any) -> list[Any]:
        raise socket.gaierror

    assert system_addresses("hooks.example.com", look_up=known) == [PUBLIC, "2606:4700::1"]
    assert system_addresses("hooks.example.com", look_up=missing) == []
