"""A numbered widget is promised to browsers for a year: its bytes never change again."""

import hashlib
from pathlib import Path

RELEASES = Path(__file__).parents[2] / "web" / "widget" / "releases"
# A line is added with a release (`python web/widget/build.py web/widget/releases/widget.vN.js`)
# and never edited.
PINNED = {
    "widget.v1.js": "a470f128b9c46ac8930a4da8dadbd9130adafe1e0fb857029fda251ae0654525",
}


def digests(folder: Path) -> dict[str, str]:
    return {
        path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in folder.glob("*.js")
    }


def test_every_release_is_what_it_was():
    assert digests(RELEASES) == PINNED


def test_twin_a_release_with_one_byte_more_is_seen(tmp_path: Path):
    for path in RELEASES.glob("*.js"):
        (tmp_path / path.name).write_bytes(path.read_bytes() + b" ")

    assert digests(tmp_path).keys() == PINNED.keys()
    assert digests(tmp_path) != PINNED
