"""An account with something of everything, and the ways to ask for its export and to make it."""

import csv
import io
import json
import zipfile
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import boto3

from functions.jobs import handler as jobs
from leadlayer.accounts.model import Account
from leadlayer.accounts.store import AccountStore
from leadlayer.chat.model import Conversation, Message
from leadlayer.chat.store import ConversationStore
from leadlayer.console.app import build as build_console
from leadlayer.core import keys
from leadlayer.core.clock import epoch
from leadlayer.core.ids import ulid
from leadlayer.core.table import Put
from leadlayer.exports.files import ExportFiles
from leadlayer.exports.store import ExportStore
from leadlayer.leads.desk import NoteItem
from leadlayer.leads.model import ConsentEvidence, Lead
from leadlayer.leads.store import LeadStore
from leadlayer.sites.model import Site
from leadlayer.sites.store import SiteStore
from leadlayer.views.rows import ViewItem
from tests.console_calls import ConsoleCalls, RecordedLedger, SentJobs
from tests.world import REGION, SITE, Context, World, load_event

Worker = Callable[[dict[str, Any], Any], dict[str, Any]]
BUCKET = "leadlayer-test-exports"


class Bucket(ExportFiles):
    """A bucket in moto."""

    def __init__(self) -> None:
        self.s3 = boto3.client("s3", region_name=REGION)
        super().__init__(BUCKET, lambda: self.s3)
        if not any(bucket["Name"] == BUCKET for bucket in self.s3.list_buckets()["Buckets"]):
            place = {"LocationConstraint": REGION}
            self.s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration=place)
        for key in self.keys():
            self.delete(key)

    def keys(self) -> list[str]:
        found = self.s3.list_objects_v2(Bucket=BUCKET).get("Contents", [])
        return [str(entry["Key"]) for entry in found]

    def unfinished(self) -> list[Any]:
        return self.s3.list_multipart_uploads(Bucket=BUCKET).get("Uploads", [])

    def read(self, key: str) -> bytes:
        return self.s3.get_object(Bucket=BUCKET, Key=key)["Body"].read()


@dataclass
class Exporting:
    """The console and the worker over one table, one bucket and one queue."""

    world: World
    files: Bucket = field(default_factory=Bucket)
    queue: SentJobs = field(default_factory=SentJobs)
    ledger: RecordedLedger = field(default_factory=RecordedLedger)

    def __post_init__(self) -> None:
        self.store = ExportStore(self.world.table, clock=self.world.clock)
        console = ConsoleCalls(self.world)
        console.handle = build_console(replace(console.deps, files=self.files, jobs=self.queue))
        self.console = console
        self.worker = jobs.build(self.deps)

    @property
    def deps(self) -> jobs.Deps:
        world = self.world
        return jobs.Deps(
            world.settings, world.table, world.clock, self.ledger, self.files, self.queue
        )

    def ask(self, wanted: str = "json", **caller: Any) -> str:
        status, export = self.console.call("POST", "/v1/exports", {"format": wanted}, **caller)
        assert status == 202
        return export["id"]

    def work(
        self, export_id: str, *, account: str = "a_demo", worker: Worker | None = None
    ) -> dict[str, Any]:
        """The queue delivers the job's message."""
        body = {"kind": "export", "account": account, "job": export_id}
        return (worker or self.worker)(delivery(body), Context())

    def sweep(self) -> dict[str, Any]:
        return self.worker(load_event("jobs.schedule"), Context())

    def state(self, export_id: str) -> str:
        found = self.store.find("a_demo", export_id)
        return "gone" if found is None else found.state

    def exported(self, wanted: str = "json", account: str = "a_demo") -> zipfile.ZipFile:
        """Asked for and made; what lies in the bucket then."""
        export_id = self.ask(wanted, account=account)
        assert self.work(export_id, account=account) == {"batchItemFailures": []}
        return self.archive()

    def archive(self) -> zipfile.ZipFile:
        """The only file in the bucket."""
        (key,) = self.files.keys()
        return zipfile.ZipFile(io.BytesIO(self.files.read(key)))


def delivery(body: Any) -> dict[str, Any]:
    event = load_event("jobs.export")
    event["Records"][0]["body"] = json.dumps(body)
    return event


def json_rows(archive: zipfile.ZipFile, name: str) -> list[dict[str, Any]]:
    text = archive.read(f"{name}.jsonl").decode()
    return [json.loads(line) for line in text.splitlines()]


def csv_rows(archive: zipfile.ZipFile, name: str) -> list[dict[str, str]]:
    text = archive.read(f"{name}.csv").decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text, newline="")))


def add_lead(world: World, lead_id: str = "", site: Site = SITE, **contact: str) -> str:
    """A lead that is kept for a day."""
    lead_id = lead_id or ulid(world.clock())
    evidence = ConsentEvidence(
        given=True, version="1", text_hash="h", language="nl", method="form", at="t"
    )
    lead = Lead(
        id=lead_id,
        site_id=site.id,
        account_id=site.account_id,
        created_at="2026-11-23T10:00:00Z",
        visited_at="2026-11-23T10:00:00Z",
        expires_at=epoch(world.clock()) + 86_400,
        consent=evidence,
        contact=contact or {"name": "Noor", "email": "noor@visitor.example"},
        subjects=(),
    )
    LeadStore(world.table, clock=world.clock, follows=lambda _: []).add(lead, retry=None)
    return lead_id


def add_note(world: World, lead_id: str, text: str) -> None:
    note_id = ulid(world.clock())
    item = NoteItem(
        keys.leads(SITE.id),
        keys.note(lead_id, note_id),
        author="m_owner",
        text=text,
        at="2026-11-23T10:00:00Z",
        expires_at=epoch(world.clock()) + 86_400,
    )
    world.table.write(Put(item))


def add_conversation(world: World, *texts: str, site: Site = SITE) -> Conversation:
    """A conversation that is kept for a day, with what the visitor wrote."""
    conversation = Conversation(
        id=ulid(world.clock()),
        site_id=site.id,
        account_id=site.account_id,
        language="nl",
        visited_at="2026-11-23T10:00:00Z",
        disclosure_version="1",
        expires_at=epoch(world.clock()) + 86_400,
    )
    store = ConversationStore(world.table, clock=world.clock)
    for turn, text in enumerate(texts, 1):
        message = Message(ulid(world.clock()), turn, "visitor", text, "2026-11-23T10:00:00Z")
        opened = replace(conversation, turns=turn)
        world.clock.advance(minutes=2)
        assert store.begin(opened, message, retry=None)
    return conversation


def add_views(world: World, path: str, count: int, *, shard: int = 0, site: str = SITE.id) -> None:
    item = ViewItem(
        keys.views(site, "2026-11", shard),
        keys.view("23", path),
        views=count,
        expires_at=epoch(world.clock()) + 86_400,
    )
    world.table.write(Put(item))


def other_customer(world: World) -> Site:
    """A site of somebody else, with a lead and a conversation."""
    AccountStore(world.table).save(Account("a_other", "Andere B.V."))
    site = replace(SITE, id="s_other", account_id="a_other", name="Andere winkel")
    SiteStore(world.table).save(site)
    add_lead(world, site=site, name="Vreemd", email="vreemd@visitor.example")
    add_conversation(world, "Vreemde vraag", site=site)
    return site
