"""What quick_moto changes gives back what was put in, and nothing of a failed transaction stays."""

from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from moto import mock_aws
from moto.core.serialize import BaseJSONSerializer
from moto.dynamodb.models import DynamoDBBackend
from moto.dynamodb.models.table import Table

from leadlayer.core.table import Table as LeadTable
from tests.clocks import FixedClock
from tests.quick_moto import quicken
from tests.world import REGION, TABLE, World, create_table, table_in_moto

VALUES: list[dict[str, Any]] = [
    {"S": "noor"},
    {"S": ""},
    {"N": "1.50"},
    {"B": b"\x00\xff"},
    {"B": b""},
    {"BOOL": False},
    {"NULL": True},
    {"SS": ["a", "b"]},
    {"NS": ["1", "2"]},
    {"BS": [b"\x00", b"\xff"]},
    {"L": []},
    {"M": {}},
    {"L": [{"S": "a"}, {"M": {"in": {"L": [{"B": b"\x01"}, {"BOOL": True}]}}}]},
    {"M": {"S": {"N": "1"}, "M": {"M": {"S": {"S": "a value named as a kind"}}}}},
]
NEW = {"S": "new"}
OLD = {"S": "old"}


@pytest.fixture
def client() -> Iterator[Any]:
    quicken()
    with mock_aws():
        client = boto3.client("dynamodb", region_name=REGION)
        create_table(client)
        yield client


@pytest.mark.parametrize("value", VALUES, ids=str)
def test_a_value_of_any_kind_comes_back_as_it_went_in(client: Any, value: dict[str, Any]) -> None:
    client.put_item(TableName=TABLE, Item=_row("a", value))
    got = client.get_item(TableName=TABLE, Key=_key("a"))["Item"]
    scanned = client.scan(TableName=TABLE)["Items"]
    assert (got, scanned) == (_row("a", value), [_row("a", value)])


def test_a_transaction_that_fails_leaves_every_row_as_it_was(client: Any) -> None:
    before = _three_rows(client)
    with pytest.raises(client.exceptions.TransactionCanceledException):
        _fail_after_writing(client)
    assert _rows(client) == before


def test_a_transaction_that_holds_writes_everything(client: Any) -> None:
    _three_rows(client)
    client.transact_write_items(TransactItems=_writes())
    assert _rows(client) == {"put": NEW, "updated": NEW, "added": NEW}


def _leave_the_table(table: Any, _: dict[int, Any]) -> Any:
    return table


def _update_in_place(monkeypatch: pytest.MonkeyPatch) -> None:
    quick: Any = DynamoDBBackend.update_item
    monkeypatch.setattr(DynamoDBBackend, "update_item", quick.__wrapped__)


def _copy_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Table, "__deepcopy__", _leave_the_table)


@pytest.mark.parametrize("plant", [_update_in_place, _copy_nothing])
def test_twin_what_is_not_taken_back_is_seen(
    client: Any, monkeypatch: pytest.MonkeyPatch, plant: Any
) -> None:
    before = _three_rows(client)
    plant(monkeypatch)
    with pytest.raises(client.exceptions.TransactionCanceledException):
        _fail_after_writing(client)
    assert _rows(client) != before


def test_twin_a_value_that_is_left_out_is_seen(
    client: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(BaseJSONSerializer, "_serialize_type_structure", lambda *_: None)
    client.put_item(TableName=TABLE, Item=_row("a", NEW))
    assert client.get_item(TableName=TABLE, Key=_key("a")).get("Item") != _row("a", NEW)


def test_a_condition_seen_before_is_asked_of_other_names_and_values(client: Any) -> None:
    client.put_item(TableName=TABLE, Item=_row("a", OLD))
    condition = "attribute_exists(pk) AND (#name = :value OR #name IN (:value))"

    def holds(name: str, value: dict[str, str]) -> bool:
        try:
            client.put_item(
                TableName=TABLE,
                Item=_row("a", OLD),
                ConditionExpression=condition,
                ExpressionAttributeNames={"#name": name},
                ExpressionAttributeValues={":value": value},
            )
        except client.exceptions.ConditionalCheckFailedException:
            return False
        return True

    asked = [("value", OLD), ("value", NEW), ("sk", OLD), ("sk", {"S": "-"}), ("value", OLD)]
    assert [holds(*each) for each in asked] == [True, False, False, True, True]


def _add_one(client: Any, pk: str, name: str) -> str:
    answer = client.update_item(
        TableName=TABLE,
        Key=_key(pk),
        UpdateExpression="SET #name = if_not_exists(#name, :none) + :one",
        ExpressionAttributeNames={"#name": name},
        ExpressionAttributeValues={":none": {"N": "0"}, ":one": {"N": "1"}},
        ReturnValues="ALL_NEW",
    )
    return answer["Attributes"][name]["N"]


def test_an_update_seen_before_is_made_of_other_names_and_rows(client: Any) -> None:
    asked = [("a", "x"), ("a", "x"), ("a", "y"), ("b", "x"), ("a", "x")]
    assert [_add_one(client, *each) for each in asked] == ["1", "2", "1", "1", "3"]


def test_rows_come_in_the_order_of_their_keys(client: Any) -> None:
    for pk in ("b", "a", "B", "ab"):
        client.put_item(TableName=TABLE, Item=_row(pk, NEW))
    assert list(_rows(client)) == ["B", "a", "ab", "b"]


def test_a_row_that_grew_counts_with_its_new_size(client: Any) -> None:
    client.put_item(TableName=TABLE, Item=_row("a", OLD))
    before = _size()
    _add_one(client, "a", "x")
    assert before < _size()


def _size() -> int:
    [item] = table_in_moto().all_items()
    return item.size()


def test_the_rows_of_a_world_are_what_a_scan_gives(client: Any) -> None:
    for number, value in enumerate(VALUES):
        if "B" not in str(value):
            client.put_item(TableName=TABLE, Item=_row(str(number), value) | {"type": NEW})
    clock = FixedClock()
    world = World(LeadTable(clock=clock), clock, client)
    assert world.rows() == client.scan(TableName=TABLE)["Items"] != []


def _key(pk: str) -> dict[str, Any]:
    return {"pk": {"S": pk}, "sk": {"S": "-"}}


def _row(pk: str, value: dict[str, Any]) -> dict[str, Any]:
    return {**_key(pk), "value": value}


def _rows(client: Any) -> dict[str, Any]:
    return {row["pk"]["S"]: row["value"] for row in client.scan(TableName=TABLE)["Items"]}


def _three_rows(client: Any) -> dict[str, Any]:
    for name in ("put", "updated", "deleted"):
        client.put_item(TableName=TABLE, Item=_row(name, OLD))
    return _rows(client)


def _writes() -> list[dict[str, Any]]:
    update = {
        "UpdateExpression": "SET #value = :new",
        "ExpressionAttributeNames": {"#value": "value"},
        "ExpressionAttributeValues": {":new": NEW},
    }
    return [
        {"Put": {"TableName": TABLE, "Item": _row("put", NEW)}},
        {"Put": {"TableName": TABLE, "Item": _row("added", NEW)}},
        {"Update": {"TableName": TABLE, "Key": _key("updated"), **update}},
        {"Delete": {"TableName": TABLE, "Key": _key("deleted")}},
    ]


def _fail_after_writing(client: Any) -> None:
    nobody = {"Key": _key("nobody"), "ConditionExpression": "attribute_exists(pk)"}
    check = {"ConditionCheck": {"TableName": TABLE, **nobody}}
    client.transact_write_items(TransactItems=[*_writes(), check])
