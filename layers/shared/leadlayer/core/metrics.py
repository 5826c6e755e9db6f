"""Numbers for dashboards and alarms, as a line of the log that CloudWatch reads (embedded metric
format). There is no way to put a text into one."""

import json
import sys
from collections.abc import Mapping
from typing import Any

from leadlayer.core.clock import iso, utc_now


def publish(namespace: str, counts: Mapping[str, int]) -> None:
    """Without dimensions: each combination of those would be a metric of its own."""
    now = utc_now()
    directive: dict[str, Any] = {
        "Namespace": namespace,
        "Dimensions": [[]],
        "Metrics": [{"Name": name, "Unit": "Count"} for name in counts],
    }
    # Milliseconds (CloudWatch user guide, "Specification: Embedded metric format").
    about: dict[str, Any] = {
        "Timestamp": int(now.timestamp() * 1000),
        "CloudWatchMetrics": [directive],
    }
    record: dict[str, Any] = {
        "_aws": about,
        "timestamp": iso(now),
        "event": "metrics",
        "level": "info",
    }
    sys.stdout.write(json.dumps(record | dict(counts)) + "\n")
