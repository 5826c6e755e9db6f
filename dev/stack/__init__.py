"""The local stack: everything `make run` starts, deploys and stops."""
