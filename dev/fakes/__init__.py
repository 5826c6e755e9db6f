"""Stand-ins for the outside services; each is an HTTP server of its own process."""
