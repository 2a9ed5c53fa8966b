"""People and access, and the evidence of what was removed. Everybody at the desk signs in once more."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0040"
down_revision = "0030"


def _agent_id(table: str) -> list[sa.Column[int] | sa.Constraint]:
    return [
        sa.Column("agent_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["agent_id"], ["agent.id"], name=f"fk_{table}_agent_id", ondelete="CASCADE"),
    ]


def _sign_in(*more: sa.Column[Any]) -> None:
    op.drop_table("sign_in")  # its rows live for hours; nothing refers to them
    op.create_table(
        "sign_in",
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        *_agent_id("sign_in"),
        *more,
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.Column("expires_at", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("token_hash", name="pk_sign_in"),
    )
    op.create_index("ix_sign_in_agent_id", "sign_in", ["agent_id"], unique=False)


def _proofs() -> None:
    op.create_table(
        "agent_limit",
        *_agent_id("agent_limit"),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("value", sa.String(length=60), nullable=False),
        sa.PrimaryKeyConstraint("agent_id", "kind", "value", name="pk_agent_limit"),
    )
    op.create_table(
        "second_factor",
        *_agent_id("second_factor"),
        sa.Column("secret", sa.Text(), nullable=False),
        sa.Column("last_step", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.Column("confirmed_at", sa.DateTime(), nullable=True),
        sa.PrimaryKeyConstraint("agent_id", name="pk_second_factor"),
    )
    op.create_table(
        "recovery_code",
        sa.Column("code_hash", sa.String(length=64), nullable=False),
        *_agent_id("recovery_code"),
        sa.Column("used_at", sa.DateTime(), nullable=True),
        sa.PrimaryKeyConstraint("code_hash", name="pk_recovery_code"),
    )
    op.create_index("ix_recovery_code_agent_id", "recovery_code", ["agent_id"], unique=False)
    op.create_table(
        "identity",
        sa.Column("id", sa.Integer(), nullable=False),
        *_agent_id("identity"),
        sa.Column("issuer", sa.String(length=300), nullable=False),
        sa.Column("subject", sa.String(length=255), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_identity"),
        sa.UniqueConstraint("issuer", "subject", name="uq_identity_issuer"),
    )
    op.create_index("ix_identity_agent_id", "identity", ["agent_id"], unique=False)
    for table in ("known_device", "invitation"):
        op.create_table(
            table,
            sa.Column("token_hash", sa.String(length=64), nullable=False),
            *_agent_id(table),
            sa.Column("expires_at", sa.DateTime(), nullable=False),
            sa.PrimaryKeyConstraint("token_hash", name=f"pk_{table}"),
        )
        op.create_index(f"ix_{table}_agent_id", table, ["agent_id"], unique=False)


def _records() -> None:
    op.create_table(
        "staff_token",
        sa.Column("id", sa.Integer(), nullable=False),
        *_agent_id("staff_token"),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("scope", sa.String(length=10), nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.Column("expires_at", sa.DateTime(), nullable=False),
        sa.Column("used_at", sa.DateTime(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_staff_token"),
        sa.UniqueConstraint("token_hash", name="uq_staff_token_token_hash"),
    )
    op.create_index("ix_staff_token_agent_id", "staff_token", ["agent_id"], unique=False)
    op.create_table(
        "audit_entry",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.Column("actor", sa.String(length=254), nullable=False),
        sa.Column("event", sa.String(length=40), nullable=False),
        sa.Column("about", sa.String(length=254), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.Column("place", sa.String(length=60), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_audit_entry"),
    )
    op.create_index("ix_audit_entry_at", "audit_entry", ["at"], unique=False)
    op.create_table(
        "removal",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.Column("cause", sa.String(length=20), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("before", sa.DateTime(), nullable=True),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_removal"),
    )
    op.create_index("ix_removal_at", "removal", ["at"], unique=False)


def upgrade() -> None:
    _sign_in(
        sa.Column("stage", sa.String(length=10), nullable=False),
        sa.Column("method", sa.String(length=20), nullable=False),
        sa.Column("browser", sa.String(length=120), nullable=False),
        sa.Column("place", sa.String(length=60), nullable=False),
        sa.Column("seen_at", sa.DateTime(), nullable=False),
    )
    _proofs()
    _records()


def downgrade() -> None:
    for table in (
        "removal", "audit_entry", "staff_token", "invitation", "known_device", "identity", "recovery_code", "second_factor",
        "agent_limit",
    ):  # fmt: skip
        op.drop_table(table)
    _sign_in()
