"""Customers' own endpoints: what they are told, signed and repeated until they have it."""
