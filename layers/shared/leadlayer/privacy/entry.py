"""What the catalogue says of one kind of row: whose data, why, how long, how found, how it goes."""

from dataclasses import dataclass
from typing import Literal

from leadlayer.core.table import Item

Owner = Literal["visitor", "member", "customer", "nobody"]
Role = Literal["processor", "controller", "none"]
Reach = Literal["subject index", "conversation", "lead", "account", "expires", "none"]

KEYS = frozenset({"pk", "sk", "type", "expires_at", "gsi1pk", "gsi1sk", "gsi2pk", "gsi2sk"})


@dataclass(frozen=True)
class Entry:
    """`found_by` is how one person's rows are reached without a scan, for export and for erasure;
    `exported` are the attributes that belong to the person and go into an export."""

    kind: str
    owner: Owner
    role: Role
    purpose: str
    legal_basis: str
    retention: str
    found_by: Reach
    attributes: frozenset[str]
    exported: frozenset[str] = frozenset()
    model: type[Item] | None = None

    @property
    def is_personal(self) -> bool:
        return self.owner in ("visitor", "member")

    @property
    def expires(self) -> bool:
        """Rows of an account end with it; every other row carries its own date."""
        return self.retention != "account"


def described(
    model: type[Item],
    *,
    owner: Owner,
    role: Role,
    purpose: str,
    legal_basis: str,
    retention: str,
    found_by: Reach,
    attributes: str = "",
    exported: str = "",
) -> Entry:
    shown = frozenset(exported.split())
    return Entry(
        kind=model.KIND,
        owner=owner,
        role=role,
        purpose=purpose,
        legal_basis=legal_basis,
        retention=retention,
        found_by=found_by,
        attributes=KEYS | shown | frozenset(attributes.split()),
        exported=shown,
        model=model,
    )


CUSTOMER = "instruction of the customer (GDPR art. 28)"
LEGAL = "legal duty: show that data is kept no longer than needed (GDPR art. 5(2))"
CONTRACT = "contract with the customer (GDPR art. 6(1)(b))"
SECURITY = "legitimate interest: keep the service usable (GDPR art. 6(1)(f))"
