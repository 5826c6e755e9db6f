"""What an operator runs on a restored copy of the table, on AWS or on the local stack."""
