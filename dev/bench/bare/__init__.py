"""The handler that every other one is compared with."""
