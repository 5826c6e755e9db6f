"""Decides what the audit log says about whom or what a request is: ids and dates, nothing else.

A path can be typed by anybody, and the log is kept for a year. What has not the form that ids get
here is entered as a question mark: it could be a telephone number.
"""

import re
from collections.abc import Mapping

from leadlayer.core.events import Event, query
from leadlayer.sites.model import Site

# As core.ids makes them; also after what tells kinds apart, and before the minute of a test event.
_ULID = r"[0-7][0-9A-HJKMNP-TV-Z]{25}"
_ID = re.compile(rf"(?:(?:m|lead|conv|test)_)?{_ULID}(?:-\d{{12}})?|s_[0-9a-f]{{20}}")
_DAY = re.compile(r"20\d\d-[01]\d-[0-3]\d")
_UNKNOWN = "?"


def target_of(event: Event, named: Mapping[str, str], site: Site | None) -> str:
    """The ids of the path, then the site and the day that a list is limited to. A `site` that was
    found is one of ours, whatever its form."""
    ours = None if site is None else site.id
    ids = [each if each == ours else _if(_ID, each) for each in named.values()]
    filters = ((_ID, query(event, "site")), (_DAY, query(event, "day")))
    return "/".join([*ids, *(_if(form, value) for form, value in filters if value)])


def _if(form: re.Pattern[str], text: str) -> str:
    return text if form.fullmatch(text) else _UNKNOWN
