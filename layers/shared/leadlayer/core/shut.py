"""What is shut is missing for everybody at once: how an erasure begins, whoever ends it."""

from pynamodb.expressions.update import Action

from leadlayer.core.table import Item, Update

# Long past, so that nobody reads or changes the row any more. TTL leaves alone what expired over
# five years ago (DynamoDB developer guide, "Using time to live"): the row stays until we are done.
SHUT = 1


def shut(row: Item, *also: Action) -> Update:
    """Fails when the row is gone, or was shut before."""
    return Update(row, [type(row).expires_at.set(SHUT), *also])
