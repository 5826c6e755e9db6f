"""Outgoing mail: an outbox row first, Resend after."""
