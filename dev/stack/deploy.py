"""Deploys the built template to MiniStack with the SAM CLI, unless that very build is there."""

import contextlib
from dataclasses import dataclass

from dev.stack.aws import ACCOUNT, PARAMETER_PREFIX, REGION, STACK_NAME, DeployedStack, LocalAws
from dev.stack.build import SAM, architecture
from dev.stack.gaps import close_gaps
from dev.stack.ports import Ports
from dev.stack.processes import answers, run_to_log
from dev.stack.progress import Progress, StackError
from dev.stack.settings import ROOT, Keys, Places, read_json, write_json

COMPLETE = {"CREATE_COMPLETE", "UPDATE_COMPLETE"}
BUCKET = f"leadlayer-artifacts-{ACCOUNT}"


@dataclass(frozen=True)
class Deployment:
    """What is to be deployed, and where."""

    aws: LocalAws
    places: Places
    build: str
    parameters: dict[str, str]
    # How long the gateway keeps what the authorizer said, in seconds; at most what AWS is told.
    verdicts_kept_s: int

    @property
    def wanted(self) -> dict[str, str]:
        own = {"build": self.build, "endpoint": self.aws.endpoint}
        return {**self.parameters, **own, "verdicts_kept_s": str(self.verdicts_kept_s)}


def template_parameters(ports: Ports, keys: Keys) -> dict[str, str]:
    """The template's parameters for this machine."""
    local = {
        "Stage": "local",
        "Architecture": architecture(),
        "ChatUrlOverride": f"http://127.0.0.1:{ports.chat}",
        "MailFrom": keys.mail_from,
        # Everybody on this machine shares one network.
        "LinksPerNetwork": "1000",
    }
    if not keys.anthropic:
        local["AnthropicBaseUrl"] = f"http://127.0.0.1:{ports.model}"
    if not keys.resend:
        local["ResendBaseUrl"] = f"http://127.0.0.1:{ports.outbox}"
    return local


def ensure_deployed(deployment: Deployment, progress: Progress) -> DeployedStack:
    """Deploys if needed, closes MiniStack's gaps, saves the state; returns what is deployed."""
    marker = deployment.places.deployed
    if read_json(marker) == deployment.wanted and (stack := _present(deployment.aws)):
        progress.say("stack: this build is deployed already")
        return stack
    marker.unlink(missing_ok=True)
    with progress.step("deploying infra/template.yaml (sam deploy)"):
        _deploy(deployment)
        stack = DeployedStack.read(deployment.aws)
        console = f"{stack.api(deployment.aws)}/console"
        routes = close_gaps(
            deployment.aws, stack, console=console, verdicts_kept_s=deployment.verdicts_kept_s
        )
    progress.say(f"stack: {len(stack.physical_ids)} resources, {routes} routes of the HTTP API")
    return stack


def remember(deployment: Deployment) -> None:
    """After this, even a killed stack starts again with what is deployed now."""
    snapshot = f"{deployment.aws.endpoint}/_leadlayer/snapshot"
    if answers(snapshot, method="POST", timeout=60) != 204:
        raise StackError("MiniStack did not save its state; see logs/ministack.log")
    write_json(deployment.places.deployed, deployment.wanted)


def put_parameters(deployment: Deployment, keys: Keys) -> None:
    """The SecureStrings that CloudFormation cannot create."""
    ssm = deployment.aws.client("ssm")
    secrets = {
        "root-key": deployment.places.root_key(),
        "anthropic-api-key": keys.anthropic or "local-stand-in",
        "resend-api-key": keys.resend or "local-stand-in",
    }
    for name, value in secrets.items():
        path = f"{PARAMETER_PREFIX}/{name}"
        ssm.put_parameter(Name=path, Value=value, Type="SecureString", Overwrite=True)


def _present(aws: LocalAws) -> DeployedStack | None:
    return DeployedStack.read(aws) if _status(aws) in COMPLETE else None


def _status(aws: LocalAws) -> str:
    """Of the stack in CloudFormation's words; empty when there is none."""
    cloudformation = aws.client("cloudformation")
    try:
        return cloudformation.describe_stacks(StackName=STACK_NAME)["Stacks"][0]["StackStatus"]
    except cloudformation.exceptions.ClientError:
        return ""


def _make_way(aws: LocalAws) -> None:
    """A deploy that failed leaves a stack that can only be deleted."""
    s3 = aws.client("s3")
    with contextlib.suppress(s3.exceptions.BucketAlreadyOwnedByYou):
        s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION})
    if _status(aws) not in {"", *COMPLETE}:
        cloudformation = aws.client("cloudformation")
        cloudformation.delete_stack(StackName=STACK_NAME)
        cloudformation.get_waiter("stack_delete_complete").wait(
            StackName=STACK_NAME, WaiterConfig={"Delay": 1, "MaxAttempts": 60}
        )


def _deploy(deployment: Deployment) -> None:
    _make_way(deployment.aws)
    template = deployment.places.build / "packages" / "template.yaml"
    command = [str(SAM), "deploy", "--template-file", str(template), "--stack-name", STACK_NAME]
    command += ["--s3-bucket", BUCKET, "--region", REGION, "--capabilities", "CAPABILITY_IAM"]
    command += ["CAPABILITY_NAMED_IAM", "--no-confirm-changeset", "--no-fail-on-empty-changeset"]
    command += ["--no-progressbar", "--parameter-overrides"]
    command += [f'{name}="{value}"' for name, value in deployment.parameters.items()]
    environment = {
        **deployment.aws.environment,
        "SAM_CLI_TELEMETRY": "0",
        "SAM_CLI_POLL_DELAY": "0.2",
    }
    log = deployment.places.logs / "sam-deploy.log"
    run_to_log(command, environment, log, ROOT, "sam deploy")
