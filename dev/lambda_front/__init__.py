"""Stands in for a REST API with response streaming and the Lambda service, on this machine.

The functions run in real `python -m awslambdaric` processes, so what is seen here is what the
runtime interface client does: see `python -m dev.lambda_front --help`.
"""
