"""The blocks `escalate`, `urgent` and `inbound` of support.yml: the developers' tracker, the team's chat, the mailbox."""

from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

Repository = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9-]+/[A-Za-z0-9._-]+$", max_length=140)]
Word = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*$", max_length=40)]
Settings = dict[str, str | int | bool]


class Block(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Escalate(Block):
    """Where issues are opened: a repository for each product. Without any, nothing can be escalated to a tracker."""

    connector: str = "github"
    settings: Settings = Field(default_factory=dict)
    repositories: dict[Word, Repository] = Field(default_factory=dict)
    labels: tuple[str, ...] = ("bug", "question", "enhancement")
    public_hosts: tuple[str, ...] = ("akvo.org", "akvoflow.org", "akvolumen.org", "github.com")
    hook_secret: str = ""
    poll_minutes: Annotated[int, Field(ge=1, le=1440)] = 15

    def repository(self, product: str) -> str:
        """Return the repository of a product, or "" when it has none. `other` is for those that have none of their own."""
        return self.repositories.get(product) or self.repositories.get("other", "")


class Urgent(Block):
    """Who is told of an urgent request: for each product, the first channel at once, the next when nobody takes it."""

    connector: str = "slack"
    settings: Settings = Field(default_factory=dict)
    line: dict[Word, tuple[str, ...]] = Field(default_factory=dict)
    minutes: Annotated[int, Field(ge=1, le=1440)] = 15
    again: Annotated[int, Field(ge=0, le=20)] = 3

    def channels(self, product: str) -> tuple[str, ...]:
        return self.line.get(product) or self.line.get("other", ())


class Inbound(Block):
    """The mailbox that answers come to. Without a host, none is read."""

    host: str = ""
    port: Annotated[int, Field(ge=1, le=65535)] = 993
    security: Literal["tls", "starttls", "none"] = "tls"
    username: str = ""
    password: str = ""
    folder: str = "INBOX"
    taken: str = "Taken in"
    seconds: Annotated[int, Field(ge=5, le=3600)] = 60
    unknown: Literal["ticket", "form"] = "ticket"
    staff_domains: tuple[str, ...] = ()
    ca_file: str = ""

    @model_validator(mode="after")
    def _moves(self) -> Self:
        if self.host and self.folder == self.taken:
            raise ValueError("`taken` must be another folder than `folder`: a mail that was taken in is moved there")
        return self
