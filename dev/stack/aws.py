"""How the local stack talks to MiniStack: one region, one account, clients by service name."""

import re
from dataclasses import dataclass
from typing import Any

import boto3
from botocore.config import Config

REGION = "eu-central-1"
ACCOUNT = "000000000000"
NO_SECRET = "local"  # noqa: S105  # MiniStack checks no signatures
STACK_NAME = "leadlayer-local"
PARAMETER_PREFIX = "/leadlayer/local"


@dataclass(frozen=True)
class LocalAws:
    """The endpoint of a running MiniStack."""

    endpoint: str

    @property
    def environment(self) -> dict[str, str]:
        """What a child process needs so that its AWS SDK reaches MiniStack and nothing else."""
        return {
            "AWS_ENDPOINT_URL": self.endpoint,
            "AWS_ACCESS_KEY_ID": ACCOUNT,  # MiniStack takes the account from the access key
            "AWS_SECRET_ACCESS_KEY": NO_SECRET,
            "AWS_DEFAULT_REGION": REGION,
            "AWS_REGION": REGION,
            "AWS_EC2_METADATA_DISABLED": "true",
        }

    def client(self, service: str) -> Any:  # boto3 has no types
        """A boto3 client; the services differ too much to type them here."""
        return boto3.client(
            service,  # pyright: ignore[reportArgumentType,reportCallIssue]
            endpoint_url=self.endpoint,
            region_name=REGION,
            aws_access_key_id=ACCOUNT,
            aws_secret_access_key=NO_SECRET,
            config=Config(retries={"max_attempts": 2}, connect_timeout=2, read_timeout=30),
        )


@dataclass(frozen=True)
class DeployedStack:
    """What CloudFormation says about the deployed stack."""

    template: dict[str, Any]
    physical_ids: dict[str, str]
    outputs: dict[str, str]

    @classmethod
    def read(cls, aws: LocalAws) -> "DeployedStack":
        cloudformation = aws.client("cloudformation")
        template = cloudformation.get_template(StackName=STACK_NAME, TemplateStage="Processed")
        resources = cloudformation.describe_stack_resources(StackName=STACK_NAME)
        stack = cloudformation.describe_stacks(StackName=STACK_NAME)["Stacks"][0]
        return cls(
            template=template["TemplateBody"],
            physical_ids={
                resource["LogicalResourceId"]: resource["PhysicalResourceId"]
                for resource in resources["StackResources"]
            },
            outputs={
                output["OutputKey"]: output["OutputValue"] for output in stack.get("Outputs", [])
            },
        )

    def logical_ids(self, resource_type: str) -> list[str]:
        return [
            name
            for name, resource in self.template["Resources"].items()
            if resource["Type"] == resource_type and name in self.physical_ids
        ]

    def layer_folders(self) -> list[str]:
        """The template's name of each layer, which is that of its folder in the build.

        SAM appends ten digits of a hash to it, so that a changed layer is a new version.
        """
        names = self.logical_ids("AWS::Lambda::LayerVersion")
        return [re.sub(r"[0-9a-f]{10}$", "", name) for name in names]

    def api(self, aws: LocalAws) -> str:
        """The base of the one HTTP API, under MiniStack's own address."""
        (name,) = self.logical_ids("AWS::ApiGatewayV2::Api")
        return f"{aws.endpoint}/_aws/execute-api/{self.physical_ids[name]}"

    def function(self, folder: str) -> tuple[str, str]:
        """Logical and physical name of the function in `functions/<folder>`.

        The template names every function after its folder: `chat` is `ChatFunction`.
        """
        wanted = folder.replace("_", "").lower()
        for logical in self.logical_ids("AWS::Lambda::Function"):
            if logical.lower().removesuffix("function") == wanted:
                return logical, self.physical_ids[logical]
        raise LookupError(f"infra/template.yaml has no function named after functions/{folder}")
