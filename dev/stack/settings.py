"""Decides where things lie and which outside services are real: `.env` and the command line."""

import json
import secrets
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Places:
    """Everything a running stack keeps is under `state`; `.local` unless told otherwise."""

    state: Path

    @property
    def logs(self) -> Path:
        return self.state / "logs"

    @property
    def temporary(self) -> Path:
        return self.state / "tmp"

    @property
    def aws(self) -> Path:
        return self.state / "ministack"

    @property
    def objects(self) -> Path:
        return self.state / "s3"

    @property
    def outbox(self) -> Path:
        return self.state / "outbox.jsonl"

    @property
    def deployed(self) -> Path:
        return self.state / "deployed.json"

    @property
    def stack_file(self) -> Path:
        return self.state / "stack.json"

    @property
    def build(self) -> Path:
        """Shared by all stacks of this clone: the same inputs make the same build."""
        return ROOT / ".local" / "build"

    def create(self) -> None:
        for directory in (self.logs, self.temporary, self.aws, self.objects, self.build):
            directory.mkdir(parents=True, exist_ok=True)

    def root_key(self) -> str:
        """The secret that every HMAC key is derived from; made once per state directory."""
        path = self.state / "root-key"
        if not path.exists():
            path.touch(mode=0o600)
            path.write_text(secrets.token_hex(32))
        return path.read_text()


@dataclass(frozen=True)
class Keys:
    """Keys of real services; empty means the stand-in."""

    anthropic: str
    resend: str
    mail_from: str

    @classmethod
    def read(cls, path: Path) -> "Keys":
        values = read_env(path)
        return cls(
            anthropic=values.get("ANTHROPIC_API_KEY", ""),
            resend=values.get("RESEND_API_KEY", ""),
            mail_from=values.get("MAIL_FROM", "LeadLayer <no-reply@leadlayer.example>"),
        )


def read_env(path: Path) -> dict[str, str]:
    """`NAME=value` lines; `#` begins a comment line, quotes around a value are dropped."""
    if not path.exists():
        return {}
    pairs = (line.partition("=") for line in path.read_text().splitlines() if "=" in line)
    return {
        name.strip(): value.strip().strip("\"'")
        for name, _, value in pairs
        if not name.strip().startswith("#") and value.strip()
    }


def read_json(path: Path) -> dict[str, str]:
    return json.loads(path.read_text()) if path.exists() else {}


def write_json(path: Path, value: object) -> None:
    """Whole or not at all: whoever watches the file never sees a half of it."""
    draft = path.with_suffix(".tmp")
    draft.write_text(json.dumps(value, indent=2) + "\n")
    draft.replace(path)
