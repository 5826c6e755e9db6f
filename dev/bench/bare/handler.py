"""Answers with the 43-byte GIF and does nothing else: the floor of a handler under the runtime."""

_GIF = "R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7"


def lambda_handler(_event: object, _context: object) -> dict[str, object]:
    return {
        "statusCode": 200,
        "headers": {"Content-Type": "image/gif", "Cache-Control": "no-store"},
        "body": _GIF,
        "isBase64Encoded": True,
    }
