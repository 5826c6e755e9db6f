"""What was done with an account's data, by whom and when: a chain that shows any tampering."""
