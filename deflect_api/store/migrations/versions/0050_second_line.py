"""Issues, escalations, deliveries of hooks, tasks, mails that came in, bounces."""

import sqlalchemy as sa
from alembic import op

revision = "0050"
down_revision = "0040"


def upgrade() -> None:
    _issues()
    _tasks()
    _mails()


def _issues() -> None:
    op.create_table(
        "issue",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("repository", sa.String(140), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        *(sa.Column(name, sa.Text(), nullable=False) for name in ("url", "title")),
        sa.Column("state", sa.String(20), nullable=False),
        sa.Column("state_reason", sa.String(30), nullable=False),
        sa.Column("labels", sa.JSON(), nullable=False),
        sa.Column("milestone", sa.Text(), nullable=False),
        sa.Column("article", sa.String(300), nullable=False),
        sa.Column("seen_at", sa.DateTime(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_issue"),
        sa.UniqueConstraint("repository", "number", name="uq_issue_repository"),
    )
    op.create_table(
        "escalation",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("ticket_id", sa.Integer(), nullable=False),
        sa.Column("issue_id", sa.Integer(), nullable=True),
        sa.Column("marker", sa.String(40), nullable=False),
        sa.Column("repository", sa.String(140), nullable=False),
        sa.Column("known_number", sa.String(20), nullable=False),
        *(sa.Column(name, sa.Text(), nullable=False) for name in ("title", "body")),
        sa.Column("labels", sa.JSON(), nullable=False),
        sa.Column("by", sa.String(254), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.ForeignKeyConstraint(["ticket_id"], ["ticket.id"], name="fk_escalation_ticket_id", ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["issue_id"], ["issue.id"], name="fk_escalation_issue_id"),
        sa.PrimaryKeyConstraint("id", name="pk_escalation"),
        sa.UniqueConstraint("marker", name="uq_escalation_marker"),
    )
    op.create_index("ix_escalation_ticket_id", "escalation", ["ticket_id"], unique=False)
    op.create_index("ix_escalation_issue_id", "escalation", ["issue_id"], unique=False)


def _tasks() -> None:
    op.create_table(
        "hook_delivery",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("delivery", sa.String(80), nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("event", sa.String(40), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_hook_delivery"),
        sa.UniqueConstraint("delivery", name="uq_hook_delivery_delivery"),
        sa.UniqueConstraint("digest", name="uq_hook_delivery_digest"),
    )
    op.create_index("ix_hook_delivery_at", "hook_delivery", ["at"], unique=False)
    op.create_table(
        "task",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("ticket_id", sa.Integer(), nullable=False),
        sa.Column("issue_id", sa.Integer(), nullable=False),
        sa.Column("source", sa.String(200), nullable=False),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("draft", sa.Text(), nullable=False),
        sa.Column("state", sa.String(20), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.Column("done_by", sa.String(254), nullable=False),
        sa.Column("done_at", sa.DateTime(), nullable=True),
        sa.ForeignKeyConstraint(["ticket_id"], ["ticket.id"], name="fk_task_ticket_id", ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["issue_id"], ["issue.id"], name="fk_task_issue_id"),
        sa.PrimaryKeyConstraint("id", name="pk_task"),
        sa.UniqueConstraint("ticket_id", "source", name="uq_task_ticket_id"),
    )
    op.create_index("ix_task_state", "task", ["state", "id"], unique=False)
    op.create_index("ix_task_issue_id", "task", ["issue_id"], unique=False)


def _mails() -> None:
    op.create_table(
        "inbound_mail",
        sa.Column("id", sa.Integer(), nullable=False),
        *(sa.Column(name, sa.String(64), nullable=False) for name in ("digest", "stored_as")),
        sa.Column("message_id", sa.String(300), nullable=False),
        sa.Column("sender", sa.String(254), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("outcome", sa.String(20), nullable=False),
        *(sa.Column(name, sa.Text(), nullable=False) for name in ("detail", "quoted")),
        sa.Column("ticket_id", sa.Integer(), nullable=True),
        sa.Column("comment_id", sa.Integer(), nullable=True),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.ForeignKeyConstraint(["ticket_id"], ["ticket.id"], name="fk_inbound_mail_ticket_id", ondelete="SET NULL"),
        sa.ForeignKeyConstraint(["comment_id"], ["comment.id"], name="fk_inbound_mail_comment_id", ondelete="SET NULL"),
        sa.PrimaryKeyConstraint("id", name="pk_inbound_mail"),
        sa.UniqueConstraint("digest", name="uq_inbound_mail_digest"),
    )
    for name in ("message_id", "sender", "outcome", "ticket_id", "comment_id", "at"):
        op.create_index(f"ix_inbound_mail_{name}", "inbound_mail", [name], unique=False)
    op.create_table(
        "bounce",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("ticket_id", sa.Integer(), nullable=False),
        sa.Column("address", sa.String(254), nullable=False),
        sa.Column("told", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.ForeignKeyConstraint(["ticket_id"], ["ticket.id"], name="fk_bounce_ticket_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_bounce"),
        sa.UniqueConstraint("ticket_id", "address", name="uq_bounce_ticket_id"),
    )


def downgrade() -> None:
    for table in ("bounce", "inbound_mail", "task", "hook_delivery", "escalation", "issue"):
        op.drop_table(table)
