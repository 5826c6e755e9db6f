"""What an account's people are told inside the console, and who has seen it since when."""
