"""A customer's website: what its widget says, collects and may do."""
