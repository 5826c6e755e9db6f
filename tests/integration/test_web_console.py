"""The console's page: what is served of it, how long it is kept, and what it may reach."""

import base64
import gzip
import hashlib
import re
import subprocess
import sys
from pathlib import Path

import pytest

from functions.web import handler
from tests.world import Context, World, body_of, load_event

ROOT = Path(__file__).parents[2]
FILES = {
    "console/index.html": b"<!doctype html><title>console</title>",
    "console/console.js": b"document.title",
    "console/preview.html": b"<!doctype html><title>preview</title>",
}
# Names that are no address: they are never fetched.
NAMESPACES = {"http://www.w3.org/2000/svg", "http://www.w3.org/1999/xlink"}
ADDRESS = re.compile(r"""(?:https?:)?//[\w.-]+\.[a-z]{2,}[^\s"'`<>)]*""", re.IGNORECASE)


def get(world: World, name: str, **changes):
    deps = handler.Deps(world.settings, world.table, world.clock, lambda name: FILES[name])
    return handler.build(deps)(load_event(f"web.{name}", **changes), Context())


def file(world: World, name: str, **changes):
    path = {"rawPath": f"/console/{name}", "pathParameters": {"file": name}}
    return get(world, "console_file", **path, **changes)


def content(answer: dict) -> bytes:
    body = answer["body"]
    raw = base64.b64decode(body) if answer["isBase64Encoded"] else body.encode()
    return gzip.decompress(raw) if "Content-Encoding" in answer["headers"] else raw


def policy(answer: dict) -> dict[str, str]:
    parts = answer["headers"]["Content-Security-Policy"].split("; ")
    return {name: value for name, _, value in (part.partition(" ") for part in parts)}


def test_without_its_slash_the_page_is_found_wherever_the_api_is(world):
    answer = get(world, "console_without_slash")
    assert (answer["statusCode"], answer["headers"]["Location"]) == (308, "console/")


def test_the_page_and_its_parts_are_served_with_their_kinds(world):
    page, script = get(world, "console_page"), get(world, "console_file")
    assert (page["statusCode"], content(page)) == (200, FILES["console/index.html"])
    assert page["headers"]["Content-Type"] == "text/html; charset=utf-8"
    assert (script["statusCode"], content(script)) == (200, FILES["console/console.js"])
    assert script["headers"]["Content-Type"] == "text/javascript; charset=utf-8"


@pytest.mark.parametrize(
    "name", ["handler.py", "../handler.py", "console/index.html", "%2e%2e", ""]
)
def test_nothing_else_of_the_package_can_be_read(world, name):
    answer = file(world, name) if name else get(world, "console_unknown_file")
    assert (answer["statusCode"], body_of(answer)["code"]) == (404, "not_found")


def test_the_page_is_asked_for_each_time_and_answered_briefly_while_it_is_the_same(world):
    first = get(world, "console_page")
    assert first["headers"]["Cache-Control"] == "no-cache"
    again = get(world, "console_page", headers={"if-none-match": first["headers"]["ETag"]})
    assert (again["statusCode"], content(again)) == (304, b"")
    assert again["headers"]["ETag"] == first["headers"]["ETag"]
    other = file(world, "console.js", headers={"if-none-match": first["headers"]["ETag"]})
    assert other["statusCode"] == 200


def test_a_part_is_kept_for_good_only_under_the_mark_of_its_very_content(world):
    mark = hashlib.sha256(FILES["console/console.js"]).hexdigest()[:12]
    cached = {
        version: file(world, "console.js", queryStringParameters={"v": version})["headers"]
        for version in (mark, "0" * 12)
    }
    assert cached[mark]["Cache-Control"] == "public, max-age=31536000, immutable"
    assert cached["0" * 12]["Cache-Control"] == "no-cache"


def test_the_page_may_reach_its_own_origin_only_and_nobody_may_frame_it(world):
    answer = get(world, "console_page")
    rules = policy(answer)
    assert rules["default-src"] == rules["frame-ancestors"] == rules["base-uri"] == "'none'"
    assert rules["form-action"] == "'none'"
    reached = {
        name: rules[f"{name}-src"] for name in ("script", "style", "img", "connect", "frame")
    }
    assert set(reached.values()) == {"'self'"}
    assert rules["require-trusted-types-for"] == "'script'"
    assert answer["headers"]["X-Frame-Options"] == "DENY"


def test_only_the_preview_may_be_framed_and_only_by_the_page(world):
    answer = file(world, "preview.html")
    assert policy(answer)["frame-ancestors"] == "'self'"
    assert answer["headers"]["X-Frame-Options"] == "SAMEORIGIN"
    assert "'unsafe" not in answer["headers"]["Content-Security-Policy"]


@pytest.mark.parametrize("name", ["console_page", "console_file", "console_without_slash"])
def test_no_other_website_may_read_or_use_the_page(world, name):
    answer = get(world, name, headers={"origin": "https://elsewhere.example"})
    assert "Access-Control-Allow-Origin" not in answer["headers"]
    assert answer["headers"]["Referrer-Policy"] == "no-referrer"
    if answer["statusCode"] == 200:
        assert answer["headers"]["Cross-Origin-Resource-Policy"] == "same-origin"
        assert answer["headers"]["Cross-Origin-Opener-Policy"] == "same-origin"
        assert "camera=()" in answer["headers"]["Permissions-Policy"]


def foreign_addresses(folder: Path) -> dict[str, list[str]]:
    texts = {path.name: path.read_text("utf-8") for path in folder.iterdir()}
    found = {name: set(ADDRESS.findall(text)) - NAMESPACES for name, text in texts.items()}
    # Documentation's own names, which nobody has (RFC 2606).
    return {
        name: [each for each in sorted(those) if ".example" not in each]
        for name, those in found.items()
    }


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("console") / "out"
    builder = ROOT / "web" / "console" / "build.py"
    subprocess.run([sys.executable, str(builder), str(folder)], check=True, capture_output=True)
    return folder


def test_the_built_page_names_no_other_host(built: Path):
    found = foreign_addresses(built)
    assert {"index.html", "console.js", "console.css"} <= found.keys()
    assert {name: those for name, those in found.items() if those} == {}


def test_twin_a_font_from_elsewhere_is_found(tmp_path: Path):
    (tmp_path / "console.css").write_text("@import url(//fonts.somewhere.com/inter.css);")
    assert foreign_addresses(tmp_path) == {"console.css": ["//fonts.somewhere.com/inter.css"]}


def test_what_is_built_is_what_is_served(built: Path):
    assert {path.name for path in built.iterdir()} == set(handler._CONSOLE)
