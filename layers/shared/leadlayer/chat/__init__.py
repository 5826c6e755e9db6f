"""Conversations between a visitor and the model."""
