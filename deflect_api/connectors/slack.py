"""Slack, through its official client. chat.postMessage has no look-up: at least once, with the same id in the text."""

import ssl
from typing import Any
from urllib.error import URLError

from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError, SlackClientError

from deflect_api.errors import DeliveryError, PermanentFailure, TemporaryFailure, UnknownOutcome

SECONDS = 20
TEMPORARY = ("ratelimited", "rate_limited", "internal_error", "fatal_error", "service_unavailable", "request_timeout")
CREDENTIALS = ("invalid_auth", "not_authed", "token_revoked", "token_expired", "account_inactive")
UNSURE = ("internal_error", "fatal_error", "service_unavailable", "request_timeout")


class Slack:
    def __init__(self, token: str, channel: str, url: str = "https://slack.com/api/") -> None:
        self._client = WebClient(token=token, base_url=f"{url.rstrip('/')}/", timeout=SECONDS)
        self.channel = channel

    def post(self, key: str, text: str, thread: str = "") -> str:
        """Post `text` with `key` at its end, and return the `ts` under which what follows is threaded."""
        more: dict[str, Any] = {"thread_ts": thread} if thread else {}
        said = f"{_escaped(text)}\n{key}"
        answer = self._call(
            "chat.postMessage", channel=self.channel, text=said, unfurl_links=False, unfurl_media=False,
            metadata={"event_type": "deflect", "event_payload": {"key": key}}, **more,
        )  # fmt: skip
        return str(answer["ts"])

    def check(self) -> str:
        told = self._call("auth.test")
        return f"Slack as {told['user']}, team {told['team']}"

    def _call(self, method: str, **values: Any) -> Any:
        try:
            return self._client.api_call(method, json=values)
        except SlackApiError as error:
            raise _refusal(error) from error
        except (URLError, SlackClientError) as error:
            reason = getattr(error, "reason", None)
            if isinstance(reason, ConnectionRefusedError | ssl.SSLError):
                raise TemporaryFailure("Slack could not be reached") from error
            raise UnknownOutcome(f"Slack gave no usable answer: {type(error).__name__}") from error
        except (OSError, ValueError) as error:
            raise UnknownOutcome(f"Slack gave no usable answer: {type(error).__name__}") from error


def _refusal(error: SlackApiError) -> DeliveryError:
    answer = error.response
    code = str(answer.get("error", "")) if isinstance(answer.data, dict) else ""
    told = f"Slack answered {answer.status_code} {code}".rstrip()
    wait = str(answer.headers.get("Retry-After", answer.headers.get("retry-after", "")))
    seconds = float(wait) if wait.isascii() and wait.isdigit() else None
    if answer.status_code >= 500 or code in UNSURE:
        return UnknownOutcome(told, retry_after=seconds)
    if answer.status_code == 429 or code in TEMPORARY or code in CREDENTIALS:
        return TemporaryFailure(told, retry_after=seconds)
    return PermanentFailure(told)


def _escaped(text: str) -> str:
    """Keep what people typed from becoming mentions and links."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
