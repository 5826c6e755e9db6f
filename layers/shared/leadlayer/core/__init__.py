"""What every slice stands on: table, keys, clock, HTTP, secrets, logging."""

import logging

# PynamoDB says at its import where its settings come from: two paid log lines a cold start. Here,
# because this runs before anything that could import it.
logging.getLogger("pynamodb").setLevel(logging.WARNING)
