"""The pixel over a real DynamoDB wire: one request, one unit, one number."""

import base64
import json
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import boto3
import pytest
from moto.server import ThreadedMotoServer

from functions.pixel import handler
from leadlayer.core.lite_table import Credentials, Endpoint, LiteTable
from leadlayer.core.policy import policy
from leadlayer.core.table import Item, open_table
from leadlayer.sites.store import SiteStore
from leadlayer.views.model import SHARDS
from leadlayer.views.service import Counter
from leadlayer.views.store import ViewStore
from tests.clocks import FixedClock
from tests.world import REGION, SITE, TABLE, create_table, load_event

GIF = base64.b64decode("R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAICRAEAOw==")


@pytest.fixture(scope="module")
def moto_url() -> Iterator[str]:
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
def client(moto_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    monkeypatch.setenv("AWS_ENDPOINT_URL", moto_url)
    Item._connection = None
    client = boto3.client("dynamodb", region_name=REGION, endpoint_url=moto_url)
    create_table(client)
    SiteStore(open_table(TABLE, region=REGION, clock=FixedClock())).save(SITE)
    yield client
    client.delete_table(TableName=TABLE)
    Item._connection = None


@pytest.fixture
def ping(client: Any, moto_url: str) -> Callable[..., dict[str, Any]]:
    counter = make_counter(moto_url, FixedClock())
    return lambda name="pixel.valid", **changes: handler.handle(
        load_event(name, **changes), counter
    )


def make_counter(url: str, clock: FixedClock, **store: Any) -> Counter:
    table = LiteTable(
        TABLE,
        endpoint=Endpoint(url, REGION),
        credentials=Credentials("testing", "testing", None),
        clock=clock,
    )
    views = ViewStore(table, clock=clock, **store)
    return Counter(views=views, clock=clock, most_paths=policy().paths_per_site_day)


def rows(client: Any) -> list[dict[str, Any]]:
    return client.scan(TableName=TABLE)["Items"]


def test_a_view_adds_one_row_with_one_number_and_its_date(client, ping):
    before = rows(client)

    answer = ping()

    added = [row for row in rows(client) if row not in before]
    assert added == [
        {
            "pk": {"S": "VIEWS#s_demo#2026-11"},
            "sk": {"S": "23#/fietsen/stadsfiets"},
            "type": {"S": "view_counter"},
            # 24 calendar months after the month, and one in which the purge promotes it.
            "expires_at": {"N": "1861920000"},
            "views": {"N": "1"},
        }
    ]
    assert "X-LeadLayer-Reason" not in answer["headers"]


def test_the_answer_is_the_same_43_bytes_whatever_happens(ping):
    answers = [ping(), ping("pixel.gpc"), ping("pixel.unknown_site"), ping("pixel.no_consent")]

    assert {base64.b64decode(answer["body"]) for answer in answers} == {GIF}
    assert len(GIF) == 43
    assert all(answer["headers"]["Cache-Control"] == "no-store" for answer in answers)
    assert not any(
        {"etag", "set-cookie", "last-modified"} & {h.lower() for h in a["headers"]} for a in answers
    )


def test_an_opted_out_visitor_is_not_counted(client, ping):
    before = rows(client)

    reasons = [
        ping("pixel.gpc")["headers"]["X-LeadLayer-Reason"],
        ping(headers={"DNT": "1"})["headers"]["X-LeadLayer-Reason"],
    ]

    assert reasons == ["opted-out", "opted-out"]
    assert rows(client) == before


def test_a_path_with_personal_data_is_counted_without_it(client, ping):
    sent = load_event("pixel.personal_path")["queryStringParameters"]["p"]
    assert "noor@example.com" in sent

    ping("pixel.personal_path")

    stored = json.dumps(rows(client))
    assert "23#/bedankt/:id" in stored
    assert not any(part in stored for part in ("noor", "4711", "order", "top"))


def test_a_broken_table_still_gives_the_gif_and_logs_no_path(capsys, moto_url):
    counter = make_counter("http://127.0.0.1:9", FixedClock())

    answer = handler.handle(load_event("pixel.valid"), counter)

    printed = capsys.readouterr().out
    assert base64.b64decode(answer["body"]) == GIF
    assert answer["headers"]["X-LeadLayer-Reason"] == "try-later"
    assert "view_not_counted" in printed
    assert "stadsfiets" not in printed


def test_a_hot_partition_spills_into_another_shard(client, moto_url):
    with throttling_proxy(moto_url, 'VIEWS#s_demo#2026-11"') as url:
        counter = make_counter(url, FixedClock(), pick=lambda low, high: 3)

        answer = handler.handle(load_event("pixel.valid"), counter)

    views = [row for row in rows(client) if row["type"]["S"] == "view_counter"]
    assert "X-LeadLayer-Reason" not in answer["headers"]
    assert [row["pk"]["S"] for row in views] == ["VIEWS#s_demo#2026-11#3"]
    assert SHARDS > 3


def test_a_warm_view_is_one_request(client, moto_url):
    with throttling_proxy(moto_url, "nothing") as url:
        counter = make_counter(url, FixedClock())
        handler.handle(load_event("pixel.valid"), counter)
        Proxy.targets.clear()

        for _ in range(10):
            handler.handle(load_event("pixel.valid"), counter)

        assert Proxy.targets == ["DynamoDB_20120810.UpdateItem"] * 10


class Proxy(BaseHTTPRequestHandler):
    """Passes calls on, notes their targets, and refuses those to one partition."""

    upstream = ""
    refused = ""
    targets: list[str] = []  # noqa: RUF012  # shared by all handlers on purpose
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        import http.client
        from urllib.parse import urlsplit

        body = self.rfile.read(int(self.headers["Content-Length"]))
        target = self.headers["X-Amz-Target"]
        Proxy.targets.append(target)
        if target.endswith("UpdateItem") and self.refused in body.decode():
            name = "com.amazonaws.dynamodb.v20120810#ProvisionedThroughputExceededException"
            return self._answer(400, json.dumps({"__type": name}).encode())
        connection = http.client.HTTPConnection(urlsplit(self.upstream).netloc)
        connection.request("POST", "/", body, dict(self.headers))
        response = connection.getresponse()
        answer = response.read()
        connection.close()
        return self._answer(response.status, answer)

    def _answer(self, status: int, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        pass


class throttling_proxy:  # noqa: N801  # used like a function
    def __init__(self, upstream: str, refused: str) -> None:
        Proxy.upstream, Proxy.refused = upstream, refused
        Proxy.targets.clear()
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Proxy)
        self.server.daemon_threads = True

    def __enter__(self) -> str:
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        return f"http://127.0.0.1:{self.server.server_address[1]}"

    def __exit__(self, *_: object) -> None:
        self.server.shutdown()
        self.server.server_close()
