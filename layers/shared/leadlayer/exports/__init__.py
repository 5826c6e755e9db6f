"""Everything of an account as one file, made in the background and gone after a week."""
