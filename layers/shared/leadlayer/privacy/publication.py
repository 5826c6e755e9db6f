"""What the public may read about us: the policy's annex and who receives data."""

from typing import Any

from leadlayer.core.clock import iso
from leadlayer.core.policy import Policy, SubProcessor


def policy_document(policy: Policy) -> dict[str, Any]:
    return {
        "version": policy.version,
        "effective_at": iso(policy.effective_at),
        "controller": {"name": policy.controller, "country": policy.country},
        "contact": policy.contact,
        "authority": {"name": policy.authority, "url": policy.authority_url},
        "end_user_data": {
            "lead": list(policy.lead_fields),
            "conversation": list(policy.conversation_fields),
        },
        "retention": dict(policy.retention_text),
        "deadlines": dict(policy.deadline_text),
    }


def sub_processor_documents(policy: Policy, *, model_provider: str) -> list[dict[str, Any]]:
    """The list for this very deployment: it says where the model runs, whichever it is."""
    return [_document(entry) for entry in policy.sub_processors_for(model_provider)]


def _document(entry: SubProcessor) -> dict[str, Any]:
    return {
        "name": entry.name,
        "country": entry.country,
        "purpose": entry.purpose,
        "processing_location": entry.processing_location,
        "data": list(entry.data),
        "transfer": entry.transfer,
        "hosts": list(entry.hosts),
        "effective_at": iso(entry.effective_at),
    }
