"""What is shipped: bytecode that loads as it is, pruned packages, a lock for each thing installed.

Works on small trees made here, and on the locks; a whole build is what the local stack runs on.
"""

import gzip
import importlib.util
import json
import os
import py_compile
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import botocore.session
import pytest

from dev.build.bytecode import compile_tree, fault_of
from dev.build.prune import AMAZON_ROOTS, SERVICES, PruneError, amazon_roots, prune
from dev.build.target import Target, TargetError

ROOT = Path(__file__).resolve().parents[2]
LOCKS = [
    *sorted(ROOT.glob("functions/*/requirements.txt")),
    ROOT / "layers" / "shared" / "requirements.txt",
    *sorted(ROOT.glob("requirements/*.txt")),
]
_PINNED = re.compile(r"^([a-z0-9][a-z0-9._-]*)(?:\[[a-z0-9,_-]+\])?==([^ ;\\]+)", re.MULTILINE)


def _module(folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    source = folder / "answer.py"
    source.write_text("ANSWER = 42\n", "utf-8")
    return source


def test_compiled_files_are_loaded_whatever_a_zip_does_to_their_times(tmp_path: Path) -> None:
    source = _module(tmp_path)
    compile_tree(tmp_path, "/opt/python")
    os.utime(source, (0, 0))
    assert fault_of(source) is None


def test_a_compiled_file_names_the_place_where_lambda_unpacks_it(tmp_path: Path) -> None:
    source = _module(tmp_path)
    compile_tree(tmp_path, "/opt/python")
    cached = Path(importlib.util.cache_from_source(str(source)))
    assert b"/opt/python/answer.py" in cached.read_bytes()
    assert str(tmp_path).encode() not in cached.read_bytes()


def test_two_builds_of_the_same_source_are_the_same_bytes(tmp_path: Path) -> None:
    contents: list[bytes] = []
    for name in ("first", "second"):
        source = _module(tmp_path / name)
        source.write_text("VALUES = {'b', 'a', 'c'} & frozenset({'c', 'a'})\n", "utf-8")
        compile_tree(tmp_path / name, "/var/task")
        contents.append(Path(importlib.util.cache_from_source(str(source))).read_bytes())
    assert contents[0] == contents[1]


def test_bytecode_that_python_would_not_just_load_is_told_apart(tmp_path: Path) -> None:
    source = _module(tmp_path)
    assert fault_of(source) == "not compiled"
    py_compile.compile(str(source), invalidation_mode=py_compile.PycInvalidationMode.TIMESTAMP)
    assert fault_of(source) == "not an unchecked hash"
    py_compile.compile(str(source), invalidation_mode=py_compile.PycInvalidationMode.CHECKED_HASH)
    assert fault_of(source) == "not an unchecked hash"
    compile_tree(tmp_path, "/opt/python")
    source.write_text("ANSWER = 43\n", "utf-8")
    assert fault_of(source) == "compiled from another source"
    cached = Path(importlib.util.cache_from_source(str(source)))
    cached.write_bytes(b"\0\0\r\n" + cached.read_bytes()[4:])
    assert fault_of(source) == "compiled by another Python"


_PARAMETERS = {"UseArnRegion": {"documentation": "<p>Whether</p>", "type": "boolean"}}


def _botocore(tree: Path) -> Path:
    data = tree / "botocore" / "data"
    model = {
        "operations": {"GetItem": {"name": "GetItem", "documentation": "<p>Returns</p>"}},
        "shapes": {"Note": {"members": {"documentation": {"shape": "String"}}}},
        "clientContextParams": _PARAMETERS,
    }
    for service in (*SERVICES, "ec2"):
        folder = data / service / "2012-08-10"
        folder.mkdir(parents=True)
        (folder / "service-2.json.gz").write_bytes(gzip.compress(json.dumps(model).encode()))
        (folder / "examples-1.json").write_text("{}", "utf-8")
    services = {service: {"endpoints": {}} for service in (*SERVICES, "ec2")}
    partitions = [{"partition": name, "services": services} for name in ("aws", "aws-cn")]
    (data / "endpoints.json").write_text(json.dumps({"version": 3, "partitions": partitions}))
    return data


def _read(path: Path) -> Any:
    return json.loads(path.read_text("utf-8"))


def test_botocore_keeps_only_the_services_that_the_functions_call(tmp_path: Path) -> None:
    data = _botocore(tmp_path)
    prune(tmp_path)
    assert {path.name for path in data.iterdir() if path.is_dir()} == SERVICES
    partitions = _read(data / "endpoints.json")["partitions"]
    assert [each["partition"] for each in partitions] == ["aws"]
    assert set(partitions[0]["services"]) == SERVICES


def test_a_service_model_loses_its_prose_and_nothing_else(tmp_path: Path) -> None:
    data = _botocore(tmp_path)
    prune(tmp_path)
    folder = data / "dynamodb" / "2012-08-10"
    assert [path.name for path in folder.iterdir()] == ["service-2.json"]
    model = _read(folder / "service-2.json")
    assert model["operations"] == {"GetItem": {"name": "GetItem"}}
    assert model["shapes"]["Note"]["members"] == {"documentation": {"shape": "String"}}
    assert model["clientContextParams"] == _PARAMETERS


def test_botocore_still_makes_a_client_of_each_service(tmp_path: Path) -> None:
    """From its own models, pruned as they are shipped."""
    spec = importlib.util.find_spec("botocore")
    assert spec is not None
    assert spec.origin is not None
    shutil.copytree(Path(spec.origin).parent / "data", tmp_path / "botocore" / "data")
    prune(tmp_path)
    session = botocore.session.get_session()
    session.get_component("data_loader")._search_paths = [str(tmp_path / "botocore" / "data")]
    for service in SERVICES:
        client = session.create_client(service, region_name="eu-central-1")
        # Read at a client's first call.
        names = {each.name for each in client.meta.service_model.client_context_parameters}
        assert ("Accelerate" in names) == (service == "s3")


def test_pruning_stops_when_botocore_no_longer_knows_a_service(tmp_path: Path) -> None:
    data = _botocore(tmp_path)
    (data / "ssm").rename(data / "systems-manager")
    with pytest.raises(PruneError, match="ssm"):
        prune(tmp_path)


def test_metadata_stays_only_where_it_is_read_at_run_time(tmp_path: Path) -> None:
    for name in ("opentelemetry_api-1.45.2", "boto3-1.44.5"):
        folder = tmp_path / f"{name}.dist-info"
        folder.mkdir()
        for file in ("METADATA", "entry_points.txt", "RECORD"):
            (folder / file).write_text("x", "utf-8")
    (tmp_path / "package" / "tests").mkdir(parents=True)
    prune(tmp_path)
    left = {path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*")}
    kept = "opentelemetry_api-1.45.2.dist-info"
    assert left == {kept, f"{kept}/METADATA", f"{kept}/entry_points.txt", "package"}


def test_the_five_amazon_roots_are_found_in_the_bundle_that_botocore_ships() -> None:
    spec = importlib.util.find_spec("botocore")
    assert spec is not None
    assert spec.origin is not None
    bundle = (Path(spec.origin).parent / "cacert.pem").read_text("utf-8")
    roots = amazon_roots(bundle)
    assert roots.count("BEGIN CERTIFICATE") == len(AMAZON_ROOTS) == 5
    with pytest.raises(PruneError, match="Amazon Root CA 3"):
        amazon_roots(bundle.replace("CN=Amazon Root CA 3 O=Amazon", "CN=Other"))


@pytest.mark.parametrize(("asked", "arch"), [("", "arm64"), ("aarch64", "arm64"), ("host", "host")])
def test_packages_are_for_arm64_unless_told_otherwise(
    asked: str, arch: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LEADLAYER_ARCH", asked)
    assert Target.from_environment().arch == arch


def test_an_unknown_architecture_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LEADLAYER_ARCH", "sparc")
    with pytest.raises(TargetError, match="sparc"):
        Target.from_environment()


def test_wheels_are_chosen_for_the_target_and_not_for_this_machine() -> None:
    options = Target(arch="arm64").pip_options()
    assert "manylinux2014_aarch64" in options
    assert "manylinux2014_x86_64" not in options
    assert Target(arch="host").pip_options() == []


def _pins(lock: Path) -> dict[str, str]:
    return dict(_PINNED.findall(lock.read_text("utf-8")))


def unhashed(lock: str) -> list[str]:
    """Requirements of a lock without a hash. Each starts a line; its hashes are indented below."""
    entries = re.split(r"^(?=[a-z0-9])", lock, flags=re.MULTILINE)
    return [e.split("==")[0] for e in entries if _PINNED.match(e) and "--hash=sha256:" not in e]


def addresses(lock: str) -> list[str]:
    """Index addresses and paths of one machine, which no other machine may depend on."""
    return re.findall(r"\S*://\S+|--(?:extra-)?index-url|--find-links|(?<=[\s=])/\w\S+", lock)


@pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: str(lock.relative_to(ROOT)))
def test_a_lock_pins_with_hashes_and_names_no_index(lock: Path) -> None:
    text = lock.read_text("utf-8")
    assert _pins(lock)
    assert unhashed(text) == []
    assert addresses(text) == []


def test_a_lock_without_hash_or_with_an_index_is_noticed() -> None:
    assert unhashed("six==1.17.0 \\\n    --hash=sha256:00\nidna==3.20\n    # via x\n") == ["idna"]
    for line in ("--index-url https://index.example/simple", "--find-links /wheels"):
        assert addresses(f"{line}\nsix==1.17.0\n") != []


def test_only_chat_ships_the_model_sdk_and_only_the_mailer_the_mail_sdk() -> None:
    runtime = {
        lock.parent.name: _pins(lock) for lock in LOCKS if lock.parent.name != "requirements"
    }
    assert [name for name, pins in runtime.items() if "anthropic" in pins] == ["chat"]
    assert [name for name, pins in runtime.items() if "resend" in pins] == ["mailer"]


def test_no_function_ships_again_what_the_layer_ships() -> None:
    layer = _pins(ROOT / "layers" / "shared" / "requirements.txt")
    for lock in ROOT.glob("functions/*/requirements.txt"):
        assert _pins(lock).keys() & layer.keys() == set()


def test_what_is_tested_is_what_is_shipped() -> None:
    tested = _pins(ROOT / "requirements" / "dev.txt")
    for lock in LOCKS:
        if lock.parent.name != "requirements":
            shipped = _pins(lock)
            assert shipped.items() <= tested.items()


def test_a_function_without_handler_is_not_packaged(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "dev.build.package", "nowhere", str(tmp_path)]
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert run.returncode == 1
    assert "functions/nowhere/handler.py is missing" in run.stderr
