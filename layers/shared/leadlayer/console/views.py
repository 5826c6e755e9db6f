"""GET /v1/views: a month's page views by day and by path."""

from typing import Annotated

from aws_lambda_powertools.event_handler.openapi.params import Query
from pydantic import BaseModel

from leadlayer.console.access import Routes
from leadlayer.console.deps import Deps
from leadlayer.core.errors import not_found
from leadlayer.sites.store import SiteStore
from leadlayer.views.report import MonthReport, month_report
from leadlayer.views.rows import MonthlyViewStore

_SiteId = Annotated[str, Query(description="A site's id")]
_Month = Annotated[str, Query(pattern=r"^20\d\d-(0[1-9]|1[0-2])$", description="YYYY-MM")]
# A number, or `<10` where the role has no need of small ones: fewer than ten that may be counted.
Shown = int | str


class DayView(BaseModel):
    day: str
    views: Shown


class PathView(BaseModel):
    path: str
    views: Shown


class MonthView(BaseModel):
    """Days without a view are left out; paths are the most viewed ones, the rest is `(other)`. A
    role that is not shown small numbers gets `<10` for a day or path with fewer, and no other
    number counts their views: `total` is the sum of the days shown, or `<10` when none is."""

    site: str
    month: str
    total: Shown
    days: list[DayView]
    paths: list[PathView]


def add_routes(routes: Routes, deps: Deps) -> None:
    sites = SiteStore(deps.table)
    views = MonthlyViewStore(deps.table)

    @routes.route(
        "GET", "/v1/views", action="views.read", audited=False, summary="A month's page views"
    )
    def read_views(site: _SiteId, month: _Month) -> MonthView:
        found = sites.find(site)
        if found is None or found.account_id != routes.caller().account_id:
            raise not_found()
        rounded = routes.grant() == "rounded"
        report = month_report(site, month, views=views, now=deps.clock(), rounded=rounded)
        return _view(site, month, report)


def _view(site_id: str, month: str, report: MonthReport) -> MonthView:
    return MonthView(
        site=site_id,
        month=month,
        total=report.total,
        days=[DayView(day=day, views=count) for day, count in report.days],
        paths=[PathView(path=path, views=count) for path, count in report.paths],
    )
