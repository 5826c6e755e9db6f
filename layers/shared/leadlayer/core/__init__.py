"""What every slice stands on: table, keys, clock, HTTP, secrets, logging."""
