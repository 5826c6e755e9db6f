"""Promises of the policy that no code keeps yet, and what is missing of others: shown after each
run of this folder, so that a green run is not taken for all of it."""

from collections.abc import Mapping
from pathlib import Path

PROMISES = tuple(f"P{number:02}" for number in range(1, 27))
# Without a module here.
NOT_BUILT: Mapping[str, str] = {
    "P01": "who runs it, and which version of the policy is in force, as versions with states",
    "P04": "no card details: there is no billing",
    "P05": "sub-processors: objections, the 14-day gate and the check of code and template",
    "P13": "a marketing site, which does not exist",
    "P19": "security reviews",
    "P20": "a register of breaches and its 72 hours",
}
# With a module that holds what there is.
IN_PART: Mapping[str, str] = {
    "P06": "an account ends when its payment does",
    "P10": "carrying out what was approved: packages, erasure on request, restriction, objection",
    "P11": "reminders at 50, 75 and 90 % and the alarm when an answer is overdue",
    "P21": "policies as versions, and the proof that each person was told",
}


def modules(folder: Path = Path(__file__).parent) -> set[str]:
    """The promises that have a module."""
    return {path.name[5:8].upper() for path in folder.glob("test_p[0-9][0-9]_*.py")}


def lines() -> list[str]:
    return [
        *(f"{promise} not built yet: {what}" for promise, what in NOT_BUILT.items()),
        *(f"{promise} in part; missing: {what}" for promise, what in IN_PART.items()),
    ]
