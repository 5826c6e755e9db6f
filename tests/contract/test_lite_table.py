"""The pixel's lean way to DynamoDB sees what core.table sees, and never counts a view twice."""

import json
import socket
from collections.abc import Iterator

import pytest
from moto.server import ThreadedMotoServer
from pynamodb.attributes import UnicodeAttribute

from leadlayer.core.clock import epoch
from leadlayer.core.lite_table import CallFailed, Credentials, Endpoint, LiteTable, Throttled
from leadlayer.core.table import Item, Put
from tests.clocks import START, FixedClock
from tests.contract.notes import PK, NoteItem, fill, note
from tests.contract.stub_server import HANG_UP, Answer, stub
from tests.world import REGION, TABLE, World

NOW = epoch(START)
CREDENTIALS = Credentials("testing", "testing", None)


class PageItem(Item):
    KIND = "page"
    title = UnicodeAttribute(null=True)
    origin = UnicodeAttribute(null=True)


class Ticking:
    """A monotonic clock that the test moves."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


class TrustingTtl(LiteTable):
    """The planted fault: reads show whatever DynamoDB still has."""

    def _is_live(self, item) -> bool:
        return True


class AlwaysTwice(LiteTable):
    """The planted fault: any lost answer is asked for again."""

    def _send(self, body: bytes, headers: dict[str, str]) -> tuple[int, bytes]:
        for _ in range(2):
            try:
                return super()._send(body, headers)
            except CallFailed:
                continue
        raise CallFailed


def lite(url: str, *, kind: type[LiteTable] = LiteTable, **parts) -> LiteTable:
    parts.setdefault("clock", FixedClock())
    return kind(TABLE, endpoint=Endpoint(url, REGION), credentials=CREDENTIALS, **parts)


@pytest.fixture(scope="module")
def moto_url() -> Iterator[str]:
    """The same rows as `world`, over HTTP: moto keeps one backend in a process."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


def add(table: LiteTable) -> None:
    table.add_one("VIEWS#s#2026-11", "23#/", counter="views", kind="view_counter", expires_at=NOW)


# The same as core.table


@pytest.mark.parametrize(("offset", "seen"), [(-1, False), (0, False), (1, True)])
def test_an_item_is_gone_from_the_second_it_expires(world: World, moto_url, offset, seen):
    fill(world.table, note("N#1", expires_at=NOW + offset))
    table = lite(moto_url)
    assert (table.find(PK, "N#1", ("type",)) is not None) is seen
    assert table.sort_keys(PK, "N#", limit=10) == (["N#1"] if seen else [])
    assert (world.table.find(NoteItem, PK, "N#1") is not None) is seen


def test_the_check_would_see_a_read_that_waits_for_ttl(world: World, moto_url):
    fill(world.table, note("N#1", expires_at=NOW))
    table = lite(moto_url, kind=TrustingTtl)
    assert table.find(PK, "N#1", ("type",)) is not None
    assert table.sort_keys(PK, "N#", limit=10) == ["N#1"]


def test_only_the_text_asked_for_is_read_and_an_attribute_without_one_is_left_out(
    world: World, moto_url
):
    world.table.write(Put(PageItem("P#1", "S", title="T")))
    table = lite(moto_url)
    assert table.find("P#1", "S", ("title", "origin")) == {"title": "T"}
    assert table.find("P#1", "S", ("origin",)) == {}
    assert table.find("P#1", "none", ("title",)) is None


def test_sort_keys_stay_within_partition_prefix_and_limit(world: World, moto_url):
    fill(world.table, note("N#1"), note("N#2"), note("O#1"), NoteItem(PK + "2", "N#9"))
    table = lite(moto_url)
    assert table.sort_keys(PK, "N#", limit=10) == ["N#1", "N#2"]
    assert table.sort_keys(PK, "N#", limit=1) == ["N#1"]
    same = world.table.query(NoteItem, PK, prefix="N#").items
    assert table.sort_keys(PK, "N#", limit=10) == [item.sk for item in same]


def test_a_count_makes_a_row_with_type_and_end_and_then_goes_up(world: World, moto_url):
    table = lite(moto_url)
    for _ in range(3):
        add(table)
    assert world.rows("view_counter") == [
        {
            "pk": {"S": "VIEWS#s#2026-11"},
            "sk": {"S": "23#/"},
            "type": {"S": "view_counter"},
            "expires_at": {"N": str(NOW)},
            "views": {"N": "3"},
        }
    ]


def test_a_table_that_is_not_there_is_a_failed_call(world: World, moto_url):
    table = LiteTable(
        "other", endpoint=Endpoint(moto_url, REGION), credentials=CREDENTIALS, clock=FixedClock()
    )
    with pytest.raises(CallFailed):
        add(table)


# The connection


def test_one_connection_serves_many_calls():
    with stub(Answer(), Answer(), Answer()) as server:
        table = lite(server.url)
        for _ in range(3):
            add(table)
    assert (server.connections, len(server.requests)) == (1, 3)


def test_a_kept_connection_that_the_server_closed_meanwhile_is_opened_anew():
    with stub(Answer(then_close=True), Answer()) as server:
        table = lite(server.url)
        add(table)
        add(table)
    assert (server.connections, len(server.requests)) == (2, 2)


def test_a_connection_unused_for_long_is_not_risked():
    clock = Ticking()
    with stub(Answer(then_close=False), Answer()) as server:
        table = lite(server.url, monotonic=clock)
        add(table)
        clock.now += 3600
        add(table)
    assert server.connections == 2


def asked(kind: type[LiteTable]) -> int:
    """How often a new connection is asked when its answer never comes."""
    with stub(HANG_UP, HANG_UP, HANG_UP) as server:
        with pytest.raises(CallFailed):
            add(lite(server.url, kind=kind))
        return len(server.requests)


def test_a_new_connection_that_breaks_is_not_asked_twice_because_the_view_may_be_counted():
    assert asked(LiteTable) == 1


def test_the_check_would_see_a_client_that_asks_again():
    assert asked(AlwaysTwice) == 2


def test_a_connection_opened_after_a_long_pause_is_not_asked_twice_either():
    clock = Ticking()
    with stub(Answer(), HANG_UP, HANG_UP) as server:
        table = lite(server.url, monotonic=clock)
        add(table)
        clock.now += 3600
        with pytest.raises(CallFailed):
            add(table)
    assert len(server.requests) == 2


def test_after_a_broken_call_the_next_one_works():
    with stub(HANG_UP, Answer()) as server:
        table = lite(server.url)
        with pytest.raises(CallFailed):
            add(table)
        add(table)
    assert server.connections == 2


@pytest.mark.parametrize(
    "answer", [b"nonsense\r\n\r\n", b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{"]
)
def test_an_answer_that_is_cut_or_no_http_is_a_failed_call(answer):
    with stub(answer) as server, pytest.raises(CallFailed):
        add(lite(server.url))


def test_nobody_listening_is_a_failed_call():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    with pytest.raises(CallFailed):
        add(lite(f"http://127.0.0.1:{port}"))


# What went wrong


def error(kind: str) -> bytes:
    return json.dumps({"__type": f"com.amazonaws.dynamodb.v20120810#{kind}"}).encode()


@pytest.mark.parametrize(
    ("status", "kind", "raised"),
    [
        (400, "ProvisionedThroughputExceededException", Throttled),
        (400, "ThrottlingException", Throttled),
        (400, "ValidationException", CallFailed),
        (400, "AccessDeniedException", CallFailed),
        (400, "ConditionalCheckFailedException", CallFailed),
        (500, "InternalServerError", CallFailed),
        (503, "ServiceUnavailable", CallFailed),
    ],
)
def test_only_a_call_that_did_nothing_is_called_throttled(status, kind, raised):
    with (
        stub(Answer(error(kind), status)) as server,
        pytest.raises((Throttled, CallFailed)) as info,
    ):
        add(lite(server.url))
    assert type(info.value) is raised


def test_a_failure_quotes_nothing_of_the_request_or_the_answer():
    with stub(Answer(b'{"message": "canary"}', 400)) as server, pytest.raises(CallFailed) as info:
        add(lite(server.url))
    assert info.value.args == ()
    assert info.value.__cause__ is None


def test_a_request_is_signed_for_the_region_and_names_its_operation():
    with stub(Answer()) as server:
        add(lite(server.url))
    (request,) = server.requests
    assert f"/{REGION}/dynamodb/aws4_request".encode() in request
    assert b"X-Amz-Target: DynamoDB_20120810.UpdateItem" in request


@pytest.mark.parametrize(
    ("env", "url"),
    [
        ({"AWS_REGION": "eu-central-1"}, "https://dynamodb.eu-central-1.amazonaws.com"),
        ({"AWS_REGION": "eusc-de-east-1"}, "https://dynamodb.eusc-de-east-1.amazonaws.eu"),
        ({"AWS_ENDPOINT_URL": "http://127.0.0.1:1"}, "http://127.0.0.1:1"),
        ({}, "https://dynamodb.eu-central-1.amazonaws.com"),
    ],
)
def test_the_endpoint_is_the_regions_own_unless_another_is_set(env, url):
    assert Endpoint.from_env(env).url == url
