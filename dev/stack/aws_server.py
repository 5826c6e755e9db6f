"""Runs MiniStack with what `make run` needs and MiniStack 1.5.33 lacks; see each `close_` function.

Runs under `.venv-stack` (the only place where ministack is installed), as
`python -m dev.stack.aws_server`. Its settings come from the environment, as MiniStack's own do.
"""

# Changes another program from within, and only under the version that requirements/stack.txt pins.
# ruff: noqa: SLF001, PLR0917
# pyright: basic, reportMissingImports=false, reportAttributeAccessIssue=false

import asyncio
import os
import threading
from collections import defaultdict
from pathlib import Path
from typing import Any

from hypercorn.asyncio import serve
from hypercorn.config import Config
from ministack import app as ministack_app
from ministack.core import lambda_runtime, persistence
from ministack.services import apigateway, lambda_svc
from ministack.services.cloudformation import provisioners

from dev.stack import journal

Scope = dict[str, Any]


def close_unbounded_functions(limit: int) -> None:
    """Makes invocations wait for one of `limit` environments per function.

    MiniStack starts one process per concurrent invocation, each unpacking the layer anew: two
    hundred visitors at once would start hundreds. On AWS they would get them; on a laptop they
    wait. Reserved concurrency is not applied either: nothing is to be throttled here.
    """
    gates: dict[str, threading.BoundedSemaphore] = defaultdict(
        lambda: threading.BoundedSemaphore(limit)
    )
    guard = threading.Lock()

    def acquire(_function: Any, config: dict[str, Any]) -> tuple[str, None]:
        name = config.get("FunctionName", "")
        with guard:
            gate = gates[name]
        gate.acquire()
        return name, None

    def release(name: str) -> None:
        gates[name].release()

    lambda_svc._acquire_execution_slot = acquire
    lambda_svc._release_execution_slot = release


def close_borrowed_interpreter(interpreter: str) -> None:
    """Runs functions under an interpreter that sees the deployment package and nothing else.

    MiniStack uses its own interpreter, whose venv would lend a function the packages that its
    own package lacks.
    """
    script = lambda_runtime._PYTHON_WORKER_SCRIPT
    lambda_runtime._detect_runtime_binary = lambda _runtime: (interpreter, script)


def close_slow_logs() -> None:
    """Waits 2 ms instead of 50 for log lines after each invocation that wrote none."""
    drain = lambda_runtime.Worker._drain_stderr_bounded

    def drain_soon(worker: lambda_runtime.Worker) -> str:
        return drain(worker, first_line_wait=0.002)

    lambda_runtime.Worker._drain_stderr_bounded = drain_soon


def close_single_visitor() -> None:
    """Takes the visitor's address from X-Forwarded-For, so that one machine can play many.

    MiniStack says 127.0.0.1 for everybody, and limits per address would meet all of them at once.
    """
    invoke = lambda_svc._execute_function_with_config_scope

    def with_address(function: Any, event: Any, *rest: Any) -> Any:
        http = _http_context(event)
        forwarded = (event.get("headers") or {}).get("x-forwarded-for") if http else None
        if http and forwarded:
            http["sourceIp"] = forwarded.split(",")[0].strip()
        return invoke(function, event, *rest)

    lambda_svc._execute_function_with_config_scope = with_address


def _http_context(event: Any) -> dict[str, Any] | None:
    if not isinstance(event, dict) or event.get("version") != "2.0":
        return None
    return event.get("requestContext", {}).get("http")


def close_swallowed_options() -> None:
    """Sends OPTIONS to its route, as AWS does for an HTTP API without a CORS configuration.

    MiniStack answers every OPTIONS itself, so the function that knows each site's origins is
    never asked.
    """
    handle = apigateway._handle_execute_in_scope

    async def handle_execute(
        api_id: str,
        stage: str,
        path: str,
        method: str,
        headers: dict[str, str],
        body: bytes,
        query: dict[str, Any],
        account: str,
        region: str,
        raw_query: str | None = None,
    ) -> Any:
        api = apigateway._apis.get(api_id) or {}
        if method != "OPTIONS" or api.get("corsConfiguration"):
            return await handle(
                api_id, stage, path, method, headers, body, query, account, region, raw_query
            )
        route = apigateway._match_route(api_id, method, path)
        if not route:
            return 404, {"Content-Type": "application/json"}, b'{"message":"Not Found"}'
        integration_id = route["target"].rpartition("/")[2]
        route_key = route["routeKey"]
        return await apigateway._invoke_lambda_proxy(
            apigateway._integrations[api_id][integration_id],
            api_id,
            stage,
            path,
            method,
            {name.lower(): value for name, value in headers.items()},
            body,
            query,
            route_key,
            apigateway._extract_path_params(route_key.partition(" ")[2], path) or None,
            owner_account_id=account,
            owner_region=region,
            raw_query_string=raw_query,
        )

    apigateway._handle_execute_in_scope = handle_execute


def close_lost_slash() -> None:
    """Keeps the slash at the end of `/console/`, which a browser needs to find what lies below.

    MiniStack takes the first part of a path for a stage, and puts it back without what followed.
    """
    parse = ministack_app._parse_execute_api_url
    resolve = ministack_app._resolve_stage_and_path

    def parse_exactly(host: str, path: str) -> tuple[str, str, str] | None:
        found = parse(host, path)
        if found and found[2] == "/" and not path.endswith("/"):
            return found[0], found[1], ""
        return found

    def resolve_exactly(api_id: str, stage: str, path: str) -> tuple[str, str]:
        chosen, resolved = resolve(api_id, stage, path or "/")
        is_lost = path == "/" and resolved == f"/{stage}"
        return chosen, f"{resolved}/" if is_lost else resolved

    ministack_app._parse_execute_api_url = parse_exactly
    ministack_app._resolve_stage_and_path = resolve_exactly


def close_ignored_failures() -> None:
    """Repeats a batch of stream records of which the function says that some failed.

    MiniStack does not read `batchItemFailures` of a DynamoDB stream; a mail that Resend refused
    once would wait for the schedule. Here the whole batch comes again, as it may on AWS.
    """
    execute = lambda_svc._execute_function

    def execute_honestly(function: dict[str, Any], event: Any) -> dict[str, Any]:
        result = execute(function, event)
        body = result.get("body")
        if isinstance(event, dict) and "Records" in event and isinstance(body, dict):
            failed = body.get("batchItemFailures")
            return {**result, "error": True} if failed else result
        return result

    lambda_svc._execute_function = execute_honestly


def close_refused_alarms() -> None:
    """Takes an alarm over several metrics as one over the first; here it never rings anyway.

    MiniStack refuses metric math and with it the whole stack.
    """
    record = provisioners._cw_metric_alarm_record

    def record_any(name: str, properties: dict[str, Any]) -> Any:
        plain = dict(properties)
        queries = plain.pop("Metrics", None) or []
        for query in queries:
            if "MetricStat" in query:
                plain |= query["MetricStat"]["Metric"]
                break
        return record(name, plain)

    provisioners._cw_metric_alarm_record = record_any


async def application(scope: Scope, receive: Any, send: Any) -> None:
    """MiniStack and one address more: POST /_leadlayer/snapshot saves the state now."""
    if scope["type"] != "http" or scope["path"] != "/_leadlayer/snapshot":
        await ministack_app.app(scope, receive, send)
        return
    persistence.save_all(ministack_app._build_persistence_save_dict())
    await send({"type": "http.response.start", "status": 204, "headers": []})
    await send({"type": "http.response.body", "body": b""})


def main() -> None:
    """Closes the gaps, then serves until it is told to stop, saving the state at the end."""
    close_unbounded_functions(int(os.environ["LEADLAYER_FUNCTION_PROCESSES"]))
    close_borrowed_interpreter(os.environ["LEADLAYER_FUNCTION_PYTHON"])
    close_slow_logs()
    close_single_visitor()
    close_swallowed_options()
    close_lost_slash()
    close_ignored_failures()
    close_refused_alarms()
    journal.install(Path(os.environ["STATE_DIR"]))
    config = Config()
    config.bind = [f"127.0.0.1:{os.environ['GATEWAY_PORT']}"]
    config.backlog = 1024
    config.keep_alive_timeout = 75
    config.loglevel = os.environ["LOG_LEVEL"]
    asyncio.run(serve(application, config))  # pyright: ignore[reportArgumentType]


if __name__ == "__main__":
    main()
