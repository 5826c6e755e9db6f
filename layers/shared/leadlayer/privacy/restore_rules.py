"""What becomes of each kind of row in a restored copy: every kind of the catalogue is decided here.

What was let in, or was on its way, when the backup was made may have been shut or sent since, and
nothing says so. It is dropped, and made anew by whoever needs it.
"""

# Sessions signed out since, keys revoked, links used, mails and deliveries sent, exports withdrawn.
DROPPED = frozenset(
    {
        "api_key",
        "delivery",
        "download",
        "export",
        "export_slot",
        "mail",
        "request_mail",
        "request_code",
        "session",
        "sign_in_link",
    }
)
# Disabled and without secrets: an endpoint may have been removed since, a secret given away.
SHUT = frozenset({"webhook"})
KEPT = frozenset(
    {
        "account",
        "audit_entry",
        "audit_head",
        "consent_text",
        "conversation",
        "deletion",
        "delivery_attempt",
        "erasure",
        "idempotency",
        "lead",
        "lead_note",
        "member",
        "message",
        "notice",
        "person_ref",
        "purge_run",
        "purge_state",
        "rate",
        "rate_salt",
        "request",
        "request_ref",
        "site",
        "subject_ref",
        "usage",
        "view_counter",
        "view_statistics",
    }
)
KNOWN = DROPPED | SHUT | KEPT
# Numbers about nobody: when their time is over the purge adds them up, it does not drop them (P09).
OUTLIVES_ITS_TIME = frozenset({"view_counter"})
# What the law wants kept of an account that is gone; no step here reads or removes it.
APART = "FISCAL#"
