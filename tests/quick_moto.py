"""moto answers a DynamoDB call in half the time or less, with the same answers.

What costs moto 5.2 most of a call: it looks each attribute value up under six names per possible
type, as botocore does with each of an answer; it copies the whole table before each transaction
once for every item of it in case it must go back; it takes each condition and update apart anew;
it sorts all rows for each query, and adds their sizes up. botocore reads its descriptions of AWS
anew for each session.
"""

import copy
from collections import deque
from collections.abc import Iterable
from functools import cache, wraps
from typing import Any

from botocore.loaders import JSONFileLoader
from botocore.parsers import BaseJSONParser
from moto.core import responses
from moto.core.serialize import BaseJSONSerializer
from moto.core.utils import method_names_from_class
from moto.dynamodb.comparisons import ConditionExpressionParser
from moto.dynamodb.models import DynamoDBBackend
from moto.dynamodb.models.dynamo_type import DynamoType, Item
from moto.dynamodb.models.table import Table
from moto.dynamodb.parsing.ast_nodes import Node
from moto.dynamodb.parsing.expressions import UpdateExpressionParser

_AS_IT_IS = {"S", "N", "BOOL", "SS", "NS"}


def quicken() -> None:
    """For this process. Calling it again changes nothing."""
    if "__deepcopy__" in vars(Table):
        return
    # moto's classes know nothing of what is put into them here.
    table: Any = Table
    calls: Any = responses
    table.__deepcopy__ = _share_the_items
    table.all_items = _in_order(Table.all_items)
    item: Any = Item
    item.size = _measured_once(Item.size)
    calls.method_names_from_class = cache(method_names_from_class)
    BaseJSONSerializer._serialize_type_structure = _values_as_they_are(
        BaseJSONSerializer._serialize_type_structure
    )
    answers: Any = BaseJSONParser
    answers._handle_structure = _answers_as_they_are(answers._handle_structure)
    DynamoDBBackend.update_item = _on_a_copy(DynamoDBBackend.update_item)
    parser: Any = ConditionExpressionParser
    parser._lex_condition_expression = _remembered(parser._lex_condition_expression)
    node: Any = Node
    node.__deepcopy__ = _with_parents
    update: Any = UpdateExpressionParser
    # Whoever fills an expression in does so in a copy.
    update.make = cache(update.make)
    loader: Any = JSONFileLoader
    loader.load_file = _read_once(loader.load_file)


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


def _answers_as_they_are(slow: Any) -> Any:
    def parse(self: Any, shape: Any, value: Any) -> Any:
        if shape.name == "AttributeValue" and type(value) is dict and len(value) == 1:
            (kind,) = value
            if kind in _AS_IT_IS:
                return value
        return slow(self, shape, value)

    return parse


def _read_once(read: Any) -> Any:
    """The descriptions are only read, and one session's clients share them already."""
    remembered = cache(lambda path: read(JSONFileLoader(), path))
    return lambda self, path: remembered(path)


def _in_order(slow: Any) -> Any:
    """Keys of text are in the order of their texts, without asking each for its type."""

    def all_items(self: Any) -> list[Any]:
        found = [item for items in self.items.values() for item in items.values()]
        if not all(type(item) is Item and _has_text_keys(item) for item in found):
            return slow(self)
        return sorted(found, key=lambda item: (item.hash_key.value, item.range_key.value))

    return all_items


def _has_text_keys(item: Any) -> bool:
    return item.range_key is not None and item.hash_key.type == item.range_key.type == "S"


def _measured_once(slow: Any) -> Any:
    """Only an update changes an item; see there."""

    def size(self: Any) -> int:
        if "_size" not in vars(self):
            self._size = slow(self)
        return self._size

    return size


def _share_the_items(table: Any, memo: dict[int, Any]) -> Any:
    """A copy with partitions of its own and the same items: nothing changes an item in place
    but an update, and that one changes a copy. Beside the items a transaction writes only to the
    end of the stream."""
    copied: Any = Table.__new__(Table)
    memo[id(table)] = copied
    vars(copied).update(vars(table))
    copied.items = copy.copy(table.items)
    for partition, items in table.items.items():
        copied.items[partition] = copy.copy(items)
    if table.stream_shard is not None:
        copied.stream_shard = copy.copy(table.stream_shard)
        copied.stream_shard.table = copied
        copied.stream_shard.items = copy.copy(table.stream_shard.items)
    return copied


def _on_a_copy(update: Any) -> Any:
    @wraps(update)
    def update_item(self: DynamoDBBackend, table_name: str, key: Any, *args: Any, **more: Any):
        table = self.get_table(table_name)
        place = [DynamoType(key[name]) for name in (table.hash_key_attr, table.range_key_attr)]
        items = table.items.get(place[0], {})
        if place[1] in items:
            items[place[1]] = copy.deepcopy(items[place[1]])
        updated = update(self, table_name, key, *args, **more)
        vars(updated).pop("_size", None)
        return updated

    return update_item


def _remembered(take_apart: Any) -> Any:
    """The parts depend on the text alone: names and values are looked up later."""

    @cache
    def parts_of(expression: str) -> tuple[Any, ...]:
        return tuple(take_apart(ConditionExpressionParser(expression, None, None)))

    def lex(parser: ConditionExpressionParser) -> deque[Any]:
        return deque(parts_of(parser.condition_expression or ""))

    return lex


def _with_parents(node: Any, _: dict[int, Any]) -> Any:
    """What an update's text was taken apart into: nodes, and texts at the ends."""
    copied = Node.__new__(type(node))
    vars(copied).update(vars(node))
    if node.children is not None:
        copied.children = list(_copied(node.children, copied))
    return copied


def _copied(children: Iterable[Any], parent: Any) -> Iterable[Any]:
    for child in children:
        if isinstance(child, Node):
            child = copy.deepcopy(child)  # noqa: PLW2901
            child.set_parent(parent)
        yield child
