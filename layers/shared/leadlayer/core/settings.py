"""What a function is told by its environment; read once, by the handler's builder."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Settings:
    stage: str
    table_name: str
    parameter_prefix: str = ""
    model_provider: str = "anthropic"
    anthropic_base_url: str = "https://api.anthropic.com"
    resend_base_url: str = "https://api.resend.com"
    chat_url: str = ""
    console_url: str = ""
    mail_from: str = ""
    ledger_table_name: str = ""
    export_bucket: str = ""
    jobs_queue_url: str = ""
    credential_key: str = ""
    # How often one /24 or /64 may call one site in ten minutes; an office shares an address.
    leads_per_network: int = 60
    turns_per_network: int = 300
    # How often one may ask for a link to sign in with, in ten minutes too.
    links_per_network: int = 20
    region: str = "eu-central-1"

    @property
    def is_local(self) -> bool:
        return self.stage == "local"

    @classmethod
    def from_env(cls, env: Mapping[str, str]) -> "Settings":
        """Raises KeyError naming the missing variable; the template sets all of them."""
        optional = {
            field: env[name]
            for field, name in (
                ("parameter_prefix", "PARAMETER_PREFIX"),
                ("model_provider", "MODEL_PROVIDER"),
                ("anthropic_base_url", "ANTHROPIC_BASE_URL"),
                ("resend_base_url", "RESEND_BASE_URL"),
                ("chat_url", "CHAT_URL"),
                ("console_url", "CONSOLE_URL"),
                ("mail_from", "MAIL_FROM"),
                ("ledger_table_name", "LEDGER_TABLE_NAME"),
                ("export_bucket", "EXPORT_BUCKET"),
                ("jobs_queue_url", "JOBS_QUEUE_URL"),
                ("credential_key", "CREDENTIAL_KEY"),
                ("region", "AWS_REGION"),
            )
            if name in env
        }
        return cls(
            stage=env["STAGE"],
            table_name=env["TABLE_NAME"],
            leads_per_network=int(env.get("LEADS_PER_NETWORK", cls.leads_per_network)),
            turns_per_network=int(env.get("TURNS_PER_NETWORK", cls.turns_per_network)),
            links_per_network=int(env.get("LINKS_PER_NETWORK", cls.links_per_network)),
            **optional,
        )
