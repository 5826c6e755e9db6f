"""A restored copy as DynamoDB knows it: what it has lost, what it holds, and the mark it carries.

A restore gives a new table without TTL, stream, recovery, deletion protection and tags (DynamoDB
developer guide, "Restoring a table"). The mark is a tag: a row would come back with the next copy.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import batched
from typing import Any, Literal

from leadlayer.core.clock import Clock, iso

Mark = Literal["quarantined", "verified"]
Row = Mapping[str, str | float]
Tell = Callable[[str], None]

_MARK = "leadlayer:restore"
_VERIFIED_AT = "leadlayer:verified-at"
_DONE = ("ENABLING", "ENABLED")
# What DynamoDB says while it is still busy with the table, or with the change before.
_BUSY = {
    "ContinuousBackupsUnavailableException",
    "LimitExceededException",
    "ResourceInUseException",
    "ThrottlingException",
    "ValidationException",
}
# The most that BatchWriteItem takes (DynamoDB API reference).
_BATCH = 25
_TRIES = 10


class Refused(Exception):
    """This must not be done; the message says why and names nobody."""


@dataclass(frozen=True)
class Wanted:
    """What the template gives to the stack's own table."""

    is_protected: bool
    tags: Mapping[str, str] = field(default_factory=dict[str, str])
    ttl: str = "expires_at"
    stream: str = "KEYS_ONLY"
    recovery_days: int = 7
    indexes: frozenset[str] = frozenset({"gsi1", "gsi2"})


@dataclass(frozen=True)
class Copy:
    """`client` is a DynamoDB client of boto3. `pause` waits a while for DynamoDB, up to `rounds`
    times: TTL alone may take an hour to be on (AWS UpdateTimeToLive reference). `made_at` is when
    the backup was made, for a stand-in for DynamoDB that does not say it of a table."""

    client: Any
    name: str
    clock: Clock
    pause: Callable[[], None]
    rounds: int = 1000
    made_at: datetime | None = None

    # Settings

    def settle(self, wanted: Wanted, *, tell: Tell) -> None:
        """Returns when each setting is on and the table and its indexes are ready. Raises Refused
        when that takes too long."""
        said: list[str] = []
        for _ in range(self.rounds):
            faults = self.faults(wanted)
            if faults != said:
                said = faults
                tell(f"settings: waiting for {', '.join(faults)}" if faults else "settings: all on")
            if not faults:
                return
            if not self._mended(faults[0], wanted):
                self.pause()
        raise Refused("the settings did not come on: " + ", ".join(said))

    def faults(self, wanted: Wanted) -> list[str]:
        """What is not as it has to be, in the order in which it can be mended."""
        table = self._described()
        indexes = {each["IndexName"]: each for each in table.get("GlobalSecondaryIndexes", [])}
        ready = [name for name, each in indexes.items() if each["IndexStatus"] == "ACTIVE"]
        stream = table.get("StreamSpecification", {})
        tags = self._tags()
        found = {
            "table": table["TableStatus"] != "ACTIVE",
            "indexes": not wanted.indexes <= set(ready),
            "tags": any(tags.get(name) != value for name, value in wanted.tags.items()),
            "ttl": self._ttl() != ("ENABLED", wanted.ttl),
            "recovery": not self._is_recoverable(wanted),
            "stream": stream.get("StreamViewType") != wanted.stream,
            "protection": wanted.is_protected and not table.get("DeletionProtectionEnabled"),
        }
        return [name for name, is_wrong in found.items() if is_wrong]

    def _mended(self, fault: str, wanted: Wanted) -> bool:
        """False when there is nothing to do but wait."""
        mend = self._mends(wanted).get(fault)
        if mend is None or (fault == "ttl" and self._ttl()[0] in _DONE):
            return False
        try:
            mend()
        except self.client.exceptions.ClientError as error:
            if error.response["Error"]["Code"] not in _BUSY:
                raise
            return False
        return fault not in self.faults(wanted)

    def _mends(self, wanted: Wanted) -> Mapping[str, Callable[[], Any]]:
        name, client = self.name, self.client
        ttl = {"Enabled": True, "AttributeName": wanted.ttl}
        recovery = {
            "PointInTimeRecoveryEnabled": True,
            "RecoveryPeriodInDays": wanted.recovery_days,
        }
        stream = {"StreamEnabled": True, "StreamViewType": wanted.stream}
        return {
            "tags": lambda: self._tag(wanted.tags),
            "ttl": lambda: client.update_time_to_live(TableName=name, TimeToLiveSpecification=ttl),
            "recovery": lambda: client.update_continuous_backups(
                TableName=name, PointInTimeRecoverySpecification=recovery
            ),
            "stream": lambda: client.update_table(TableName=name, StreamSpecification=stream),
            "protection": lambda: client.update_table(
                TableName=name, DeletionProtectionEnabled=True
            ),
        }

    def _ttl(self) -> tuple[str, str]:
        said = self.client.describe_time_to_live(TableName=self.name)["TimeToLiveDescription"]
        return said.get("TimeToLiveStatus", "DISABLED"), said.get("AttributeName", "")

    def _is_recoverable(self, wanted: Wanted) -> bool:
        said = self.client.describe_continuous_backups(TableName=self.name)
        own = said["ContinuousBackupsDescription"].get("PointInTimeRecoveryDescription", {})
        # The local stand-ins do not say for how long.
        days = own.get("RecoveryPeriodInDays", wanted.recovery_days)
        return own.get("PointInTimeRecoveryStatus") == "ENABLED" and days == wanted.recovery_days

    # What it is

    def taken_at(self) -> datetime | None:
        """The moment that the copy shows; None when the table is no copy."""
        moment = self._described().get("RestoreSummary", {}).get("RestoreDateTime", self.made_at)
        return moment if moment is None else moment.astimezone(UTC)

    def mark(self, mark: Mark) -> None:
        at = iso(self.clock()) if mark == "verified" else "never"
        wanted = {_MARK: mark, _VERIFIED_AT: at}
        if not wanted.items() <= self._tags().items():
            self._tag(wanted)

    def verified_at(self) -> str | None:
        """Since when the copy counts as verified; None when it does not."""
        tags = self._tags()
        return tags.get(_VERIFIED_AT) if tags.get(_MARK) == "verified" else None

    def _described(self) -> dict[str, Any]:
        return self.client.describe_table(TableName=self.name)["Table"]

    def _tags(self) -> dict[str, str]:
        found: dict[str, str] = {}
        asked = {"ResourceArn": self._described()["TableArn"]}
        while True:
            page = self.client.list_tags_of_resource(**asked)
            found |= {tag["Key"]: tag["Value"] for tag in page.get("Tags", [])}
            if not page.get("NextToken"):
                return found
            asked["NextToken"] = page["NextToken"]

    def _tag(self, tags: Mapping[str, str]) -> None:
        pairs = [{"Key": name, "Value": value} for name, value in tags.items()]
        self.client.tag_resource(ResourceArn=self._described()["TableArn"], Tags=pairs)

    # Rows

    def pages(self, names: Sequence[str], *, segment: int, segments: int) -> Iterator[list[Row]]:
        """A part of all rows, a page in memory at a time; of each the attributes named, as far as
        they are texts or numbers (anything else is its name). Nobody is served from the copy, so
        it may be read from one end to the other."""
        shown = {f"#n{number}": name for number, name in enumerate(names)}
        asked: dict[str, Any] = {
            "TableName": self.name,
            "ConsistentRead": True,
            "Segment": segment,
            "TotalSegments": segments,
            "ProjectionExpression": ",".join(shown),
            "ExpressionAttributeNames": shown,
        }
        while True:
            page = self.client.scan(**asked)
            yield [_plain(item) for item in page["Items"]]
            if not page.get("LastEvaluatedKey"):
                return
            asked["ExclusiveStartKey"] = page["LastEvaluatedKey"]

    def delete(self, rows: Sequence[Row]) -> None:
        """Raises Refused when DynamoDB goes on postponing some; they can be deleted again."""
        for batch in batched(rows, _BATCH, strict=False):
            keys = [{name: {"S": row[name]} for name in ("pk", "sk")} for row in batch]
            self._delete_batch([{"DeleteRequest": {"Key": key}} for key in keys])

    def _delete_batch(self, waiting: list[dict[str, Any]]) -> None:
        for _ in range(_TRIES):
            answer = self.client.batch_write_item(RequestItems={self.name: waiting})
            waiting = answer.get("UnprocessedItems", {}).get(self.name, [])
            if not waiting:
                return
            self.pause()
        raise Refused("DynamoDB is too busy to delete; run it again")


def _plain(item: Mapping[str, Mapping[str, Any]]) -> Row:
    return {name: _value(value) for name, value in item.items()}


def _value(value: Mapping[str, Any]) -> str | float:
    ((kind, inner),) = value.items()
    match kind:
        case "S":
            return str(inner)
        case "N":
            return float(inner)
        case _:
            return kind
