"""Decides the order in which the local stack comes up, and what it tells about itself."""

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from dev.stack import seed_facts
from dev.stack.aws import DeployedStack, LocalAws
from dev.stack.build import BIN, ensure_built
from dev.stack.deploy import (
    Deployment,
    ensure_deployed,
    put_parameters,
    remember,
    template_parameters,
)
from dev.stack.ministack import start_ministack
from dev.stack.ports import Ports
from dev.stack.processes import Child, Family, answers, run_to_log, wait_until
from dev.stack.progress import Progress
from dev.stack.settings import ROOT, Keys, Places, write_json

PYTHON = str(BIN / "python")
CHAT_PROCESSES = 8


@dataclass(frozen=True)
class Addresses:
    """Where everything is."""

    api: str
    console: str
    chat: str
    demo: str
    outbox: str
    model: str
    aws_endpoint: str
    table: str


class Stack:
    """One local stack. `start` leaves every server running and `stack.json` written."""

    def __init__(
        self,
        places: Places,
        ports: Ports,
        keys: Keys,
        family: Family,
        progress: Progress,
        *,
        verdicts_kept_s: int,
    ) -> None:
        self.family = family
        self._places = places
        self._ports = ports
        self._keys = keys
        self._progress = progress
        self._verdicts_kept_s = verdicts_kept_s

    def start(self) -> Addresses:
        with self._progress.step("starting MiniStack and the stand-ins"):
            waiting = self._start_stand_ins()
            aws = start_ministack(self.family, self._places, self._ports.aws)
            for child, url in waiting:
                wait_until(lambda url=url: answers(url, timeout=2) == 200, child, child.name, 20)
        build = ensure_built(self._places, self._progress)
        parameters = template_parameters(self._ports, self._keys)
        deployment = Deployment(aws, self._places, build, parameters, self._verdicts_kept_s)
        deployed = ensure_deployed(deployment, self._progress)
        addresses = self._addresses(aws, deployed)
        with self._progress.step("seeding the demo shop and starting chat and the shop"):
            put_parameters(deployment, self._keys)
            chat = self._start_chat(aws, deployed)
            shop = self._start_shop(addresses)
            self._seed(aws, addresses)
            remember(deployment)
            self._wait_for_all(addresses, chat, shop)
        self._tell(addresses)
        return addresses

    def stop(self) -> None:
        self._places.stack_file.unlink(missing_ok=True)
        self.family.stop()

    def _module(self, name: str, *arguments: str, environment: Mapping[str, str]) -> Child:
        command = [PYTHON, "-m", name, *arguments]
        return self.family.start(name.rpartition(".")[2], command, environment)

    def _start_stand_ins(self) -> list[tuple[Child, str]]:
        started: list[tuple[Child, str]] = []
        if self._keys.anthropic:
            self._progress.say("model: Anthropic itself, with the key from .env")
        else:
            port = str(self._ports.model)
            child = self._module("dev.fakes.model", "--port", port, environment={})
            started.append((child, f"http://127.0.0.1:{port}/"))
        if self._keys.resend:
            self._progress.say(
                "mail: Resend itself, with the key from .env; the outbox stays empty"
            )
        port = str(self._ports.outbox)
        options = ("--port", port, "--outbox", str(self._places.outbox))
        child = self._module("dev.fakes.resend", *options, environment={})
        return [*started, (child, f"http://127.0.0.1:{port}/")]

    def _addresses(self, aws: LocalAws, deployed: DeployedStack) -> Addresses:
        local = "http://127.0.0.1"
        api = deployed.api(aws)
        return Addresses(
            api=api,
            console=f"{api}/console/",
            chat=f"{local}:{self._ports.chat}/v1/sites/{seed_facts.SITE_ID}/chat",
            demo=f"{local}:{self._ports.demo}",
            outbox=f"{local}:{self._ports.outbox}",
            model="" if self._keys.anthropic else f"{local}:{self._ports.model}",
            aws_endpoint=aws.endpoint,
            table=deployed.outputs["TableName"],
        )

    def _start_chat(self, aws: LocalAws, deployed: DeployedStack) -> Child:
        logical, physical = deployed.function("chat")
        (layer,) = deployed.layer_folders()
        settings = aws.client("lambda").get_function_configuration(FunctionName=physical)
        variables = {**settings["Environment"]["Variables"], **aws.environment}
        file = self._places.state / "chat.env"
        file.write_text("".join(f"{name}={value}\n" for name, value in variables.items()))
        packages = self._places.build / "packages"
        options = ["--function-dir", str(packages / logical), "--layer-dir", str(packages / layer)]
        options += ["--env-file", str(file), "--workers", str(CHAT_PROCESSES)]
        options += ["--timeout", str(settings["Timeout"]), "--port", str(self._ports.chat)]
        environment = {"TMPDIR": str(self._places.temporary)}
        return self._module("dev.lambda_front", *options, environment=environment)

    def _start_shop(self, addresses: Addresses) -> Child:
        options = ["--port", str(self._ports.demo), "--api", addresses.api]
        options += ["--site", seed_facts.SITE_ID, "--folder", str(ROOT / "web" / "demo")]
        return self._module("dev.stack.demo_shop", *options, environment={})

    def _seed(self, aws: LocalAws, addresses: Addresses) -> None:
        # The same page by its two names is two origins; a person may type either.
        origins = [addresses.demo, addresses.demo.replace("127.0.0.1", "localhost")]
        origins += [seed_facts.EVENTS_ORIGIN]
        command = [PYTHON, "-m", "dev.stack.seed", "--table", addresses.table]
        for origin in origins:
            command += ["--origin", origin]
        environment = {**aws.environment, "PYTHONPATH": f"{ROOT}:{ROOT / 'layers' / 'shared'}"}
        run_to_log(command, environment, self._places.logs / "seed.log", ROOT, "the seed")

    def _wait_for_all(self, addresses: Addresses, chat: Child, shop: Child) -> None:
        def served(url: str, status: int) -> Callable[[], bool]:
            return lambda: answers(url) == status

        ministack = self.family.named("ministack")
        site = f"{addresses.api}/v1/sites/{seed_facts.SITE_ID}/widget"
        waits = (
            (served(addresses.chat, 204), chat, "chat"),
            (served(addresses.demo, 200), shop, "the demo shop"),
            (served(site, 200), ministack, "the API"),
            (served(addresses.console, 200), ministack, "the console"),
        )
        # Each starts processes of its own: together they take as long as the slowest one.
        with ThreadPoolExecutor() as pool:
            for wait in [pool.submit(wait_until, *wait, 90) for wait in waits]:
                wait.result()

    def _tell(self, addresses: Addresses) -> None:
        pids = {child.name: child.pid for child in self.family}
        internals = {
            "model": addresses.model,
            "pids": pids,
            "state": str(self._places.state),
            "verdicts_kept_s": self._verdicts_kept_s,
        }
        write_json(self._places.state / "internals.json", internals)
        write_json(
            self._places.stack_file,
            {
                "api": addresses.api,
                "chat": addresses.chat,
                "demo": addresses.demo,
                "console": addresses.console,
                "outbox": addresses.outbox,
                "aws_endpoint": addresses.aws_endpoint,
                "table": addresses.table,
                "site": seed_facts.SITE_ID,
                "owner_email": seed_facts.OWNER_EMAIL,
            },
        )
