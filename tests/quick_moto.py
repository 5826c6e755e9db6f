"""moto answers a DynamoDB call in half the time, with the same answers.

What costs moto 5.2 most of a call: it looks each attribute value up under six names per possible
type, it copies the whole table before each transaction once for every item of it in case it must go
back, and it takes each condition apart anew.
"""

import copy
from collections import deque
from functools import cache, wraps
from typing import Any

from moto.core import responses
from moto.core.serialize import BaseJSONSerializer
from moto.core.utils import method_names_from_class
from moto.dynamodb.comparisons import ConditionExpressionParser
from moto.dynamodb.models import DynamoDBBackend
from moto.dynamodb.models.dynamo_type import DynamoType
from moto.dynamodb.models.table import Table

_AS_IT_IS = {"S", "N", "BOOL", "SS", "NS"}


def quicken() -> None:
    """For this process. Calling it again changes nothing."""
    if "__deepcopy__" in vars(Table):
        return
    # moto's classes know nothing of what is put into them here.
    table: Any = Table
    calls: Any = responses
    table.__deepcopy__ = _share_the_items
    calls.method_names_from_class = cache(method_names_from_class)
    BaseJSONSerializer._serialize_type_structure = _values_as_they_are(
        BaseJSONSerializer._serialize_type_structure
    )
    DynamoDBBackend.update_item = _on_a_copy(DynamoDBBackend.update_item)
    parser: Any = ConditionExpressionParser
    parser._lex_condition_expression = _remembered(parser._lex_condition_expression)


def _values_as_they_are(slow: Any) -> Any:
    """An attribute value is JSON already, unless it holds other values or bytes."""

    def serialize(self: Any, serialized: Any, value: Any, shape: Any, key: str) -> None:
        if shape.name == "AttributeValue" and key and type(value) is dict:
            (kind,) = value
            if kind in _AS_IT_IS:
                serialized[key] = value
                return
        slow(self, serialized, value, shape, key)

    return serialize


def _share_the_items(table: Any, memo: dict[int, Any]) -> Any:
    """A copy with partitions of its own and the same items: nothing changes an item in place
    but an update, and that one changes a copy. Beside the items a transaction writes only to the
    stream, and our tables in moto have none."""
    assert table.stream_shard is None
    copied: Any = Table.__new__(Table)
    memo[id(table)] = copied
    vars(copied).update(vars(table))
    copied.items = copy.copy(table.items)
    for partition, items in table.items.items():
        copied.items[partition] = copy.copy(items)
    return copied


def _on_a_copy(update: Any) -> Any:
    @wraps(update)
    def update_item(self: DynamoDBBackend, table_name: str, key: Any, *args: Any, **more: Any):
        table = self.get_table(table_name)
        place = [DynamoType(key[name]) for name in (table.hash_key_attr, table.range_key_attr)]
        items = table.items.get(place[0], {})
        if place[1] in items:
            items[place[1]] = copy.deepcopy(items[place[1]])
        return update(self, table_name, key, *args, **more)

    return update_item


def _remembered(take_apart: Any) -> Any:
    """The parts depend on the text alone: names and values are looked up later."""

    @cache
    def parts_of(expression: str) -> tuple[Any, ...]:
        return tuple(take_apart(ConditionExpressionParser(expression, None, None)))

    def lex(parser: ConditionExpressionParser) -> deque[Any]:
        return deque(parts_of(parser.condition_expression or ""))

    return lex
