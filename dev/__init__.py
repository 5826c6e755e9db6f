"""What is never deployed: local stack, packaging, benchmarks, generated documents."""
