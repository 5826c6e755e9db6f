"""Written from the code, so that it cannot drift: the data model and the API description."""
