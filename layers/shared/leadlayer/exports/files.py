"""Exports in the bucket: written in parts of one size, so that memory does not grow with them."""

from collections.abc import Callable
from functools import cached_property
from types import TracebackType
from typing import Any, Self

# S3 takes no part under 5 MiB except the last (S3 user guide, "multipart upload limits"). 10 000 of
# them make 50 GB.
PART_BYTES = 5 * 1024 * 1024


class ExportFiles:
    def __init__(self, bucket: str, client: Callable[[], Any]) -> None:
        """`client` makes an S3 client; it is asked once, at the first use."""
        self._bucket = bucket
        self._make_client = client

    def link(self, key: str, *, filename: str, seconds: int) -> str:
        """An address from which anybody can load the file for a while, as a download."""
        return self._client.generate_presigned_url(
            "get_object",
            Params={
                "Bucket": self._bucket,
                "Key": key,
                "ResponseContentDisposition": f'attachment; filename="{filename}"',
                "ResponseContentType": "application/zip",
                "ResponseCacheControl": "no-store",
            },
            ExpiresIn=seconds,
        )

    def delete(self, key: str) -> None:
        self._client.delete_object(Bucket=self._bucket, Key=key)

    def writer(self, key: str) -> "PartWriter":
        """To be used in a `with`: the file is there after its end, or not at all."""
        return PartWriter(self._bucket, key, self._client)

    @cached_property
    def _client(self) -> Any:
        return self._make_client()


class PartWriter:
    """A file that can only be written to its end; holds one part in memory, whatever its size."""

    def __init__(self, bucket: str, key: str, client: Any) -> None:
        self._client = client
        self._place: dict[str, Any] = {"Bucket": bucket, "Key": key}
        # As large from the beginning as it ever gets.
        self._part = bytearray(PART_BYTES)
        self._filled = 0
        self._sent: list[dict[str, Any]] = []
        self.bytes = 0

    def __enter__(self) -> Self:
        upload = self._client.create_multipart_upload(**self._place, ContentType="application/zip")
        self._place["UploadId"] = upload["UploadId"]
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if kind is not None:
            self._client.abort_multipart_upload(**self._place)
            return
        if self._filled:
            # Cut off rather than copied.
            del self._part[self._filled :]
            self._send(self._part)
        self._client.complete_multipart_upload(**self._place, MultipartUpload={"Parts": self._sent})

    def write(self, data: bytes) -> int:
        rest = memoryview(data)
        while rest:
            fits = min(len(rest), PART_BYTES - self._filled)
            self._part[self._filled : self._filled + fits] = rest[:fits]
            self._filled += fits
            rest = rest[fits:]
            if self._filled == PART_BYTES:
                self._send(self._part)
        self.bytes += len(data)
        return len(data)

    def flush(self) -> None:
        """Part of what zipfile wants of a file; a part goes when it is full."""

    def _send(self, part: bytearray) -> None:
        number = len(self._sent) + 1
        answer = self._client.upload_part(**self._place, PartNumber=number, Body=part)
        self._sent.append({"PartNumber": number, "ETag": answer["ETag"]})
        self._filled = 0
