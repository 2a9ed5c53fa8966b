"""The first tables."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

FIRST_REFERENCE = 1001


def upgrade() -> None:
    op.create_table(
        "agent",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("email", sa.String(length=254), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("role", sa.String(length=20), nullable=False),
        sa.Column("password_hash", sa.Text(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_agent"),
        sa.UniqueConstraint("email", name="uq_agent_email"),
    )
    op.create_table(
        "support_session",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("product", sa.String(length=40), nullable=False),
        sa.Column("started_at", sa.DateTime(), nullable=False),
        sa.Column("last_at", sa.DateTime(), nullable=False),
        sa.Column("outcome", sa.String(length=20), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_support_session"),
    )
    op.create_table(
        "session_event",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("session_id", sa.String(length=64), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.Column("event", sa.String(length=20), nullable=False),
        sa.Column("article", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("shown", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["session_id"], ["support_session.id"], name="fk_session_event_session_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_session_event"),
    )
    op.create_index("ix_session_event_session_id", "session_event", ["session_id"], unique=False)
    op.create_table(
        "sign_in",
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("agent_id", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.Column("expires_at", sa.DateTime(), nullable=False),
        sa.ForeignKeyConstraint(["agent_id"], ["agent.id"], name="fk_sign_in_agent_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("token_hash", name="pk_sign_in"),
    )
    op.create_index("ix_sign_in_agent_id", "sign_in", ["agent_id"], unique=False)
    op.create_table(
        "ticket",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.Column("updated_at", sa.DateTime(), nullable=False),
        sa.Column("status", sa.String(length=20), nullable=False),
        sa.Column("type", sa.String(length=20), nullable=False),
        sa.Column("severity", sa.String(length=20), nullable=False),
        sa.Column("priority", sa.String(length=20), nullable=False),
        sa.Column("priority_reason", sa.Text(), nullable=False),
        sa.Column("working", sa.String(length=30), nullable=False),
        sa.Column("affected", sa.String(length=20), nullable=False),
        sa.Column("needed_by", sa.String(length=20), nullable=False),
        sa.Column("product", sa.String(length=40), nullable=False),
        sa.Column("hub", sa.String(length=60), nullable=False),
        sa.Column("partner", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("email", sa.String(length=254), nullable=False),
        sa.Column("cc", sa.JSON(), nullable=False),
        sa.Column("language", sa.String(length=20), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("happened", sa.Text(), nullable=False),
        sa.Column("doing", sa.Text(), nullable=False),
        sa.Column("expected", sa.Text(), nullable=False),
        sa.Column("steps", sa.Text(), nullable=False),
        sa.Column("context", sa.JSON(), nullable=False),
        sa.Column("device", sa.JSON(), nullable=False),
        sa.Column("searched", sa.String(length=20), nullable=False),
        sa.Column("session_id", sa.String(length=64), nullable=False),
        sa.Column("link_nonce", sa.String(length=64), nullable=False),
        sa.Column("remote_id", sa.Text(), nullable=False),
        sa.Column("reply_due_at", sa.DateTime(), nullable=False),
        sa.Column("first_reply_at", sa.DateTime(), nullable=True),
        sa.Column("assignee_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["assignee_id"], ["agent.id"], name="fk_ticket_assignee_id"),
        sa.PrimaryKeyConstraint("id", name="pk_ticket"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_ticket_assignee_id", "ticket", ["assignee_id"], unique=False)
    op.create_index("ix_ticket_created_at", "ticket", ["created_at"], unique=False)
    op.create_index("ix_ticket_email", "ticket", ["email"], unique=False)
    op.create_index("ix_ticket_product", "ticket", ["product"], unique=False)
    op.create_index("ix_ticket_session_id", "ticket", ["session_id"], unique=False)
    op.create_index("ix_ticket_status", "ticket", ["status"], unique=False)
    op.create_table(
        "comment",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("ticket_id", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.Column("author", sa.Text(), nullable=False),
        sa.Column("from_requester", sa.Boolean(), nullable=False),
        sa.Column("public", sa.Boolean(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["ticket_id"], ["ticket.id"], name="fk_comment_ticket_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_comment"),
    )
    op.create_index("ix_comment_ticket_id", "comment", ["ticket_id"], unique=False)
    op.create_table(
        "idempotency_key",
        sa.Column("key_hash", sa.String(length=64), nullable=False),
        sa.Column("body_digest", sa.String(length=64), nullable=False),
        sa.Column("ticket_id", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.ForeignKeyConstraint(["ticket_id"], ["ticket.id"], name="fk_idempotency_key_ticket_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("key_hash", name="pk_idempotency_key"),
    )
    op.create_index("ix_idempotency_key_created_at", "idempotency_key", ["created_at"], unique=False)
    op.create_table(
        "journal_entry",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("ticket_id", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("change", sa.String(length=40), nullable=False),
        sa.Column("before", sa.Text(), nullable=False),
        sa.Column("after", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["ticket_id"], ["ticket.id"], name="fk_journal_entry_ticket_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_journal_entry"),
    )
    op.create_index("ix_journal_entry_ticket_id", "journal_entry", ["ticket_id"], unique=False)
    op.create_table(
        "message",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("stream", sa.String(length=120), nullable=False),
        sa.Column("ticket_id", sa.Integer(), nullable=True),
        sa.Column("payload", sa.JSON(), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("not_before", sa.DateTime(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("leased_until", sa.DateTime(), nullable=True),
        sa.Column("leased_by", sa.String(length=80), nullable=False),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.Column("settled_at", sa.DateTime(), nullable=True),
        sa.ForeignKeyConstraint(["ticket_id"], ["ticket.id"], name="fk_message_ticket_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_message"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_message_due", "message", ["state", "not_before"], unique=False)
    op.create_index("ix_message_stream", "message", ["stream"], unique=False)
    op.create_index("ix_message_ticket_id", "message", ["ticket_id"], unique=False)
    op.create_table(
        "attempt",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("message_id", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.Column("outcome", sa.String(length=20), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["message_id"], ["message.id"], name="fk_attempt_message_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_attempt"),
    )
    op.create_index("ix_attempt_message_id", "attempt", ["message_id"], unique=False)
    if op.get_bind().dialect.name == "sqlite":
        op.execute(sa.text("INSERT INTO sqlite_sequence (name, seq) VALUES ('ticket', :n)").bindparams(n=FIRST_REFERENCE - 1))
    else:
        op.execute(f"ALTER SEQUENCE ticket_id_seq RESTART WITH {FIRST_REFERENCE}")


def downgrade() -> None:
    for table in [
        "attempt",
        "message",
        "journal_entry",
        "idempotency_key",
        "comment",
        "ticket",
        "sign_in",
        "session_event",
        "support_session",
        "agent",
    ]:
        op.drop_table(table)
