"""Answers to "Was this page helpful?"."""

import sqlalchemy as sa
from alembic import op

revision = "0030"
down_revision = "0020"


def upgrade() -> None:
    op.create_table(
        "helpful_answer",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.Column("page", sa.String(length=300), nullable=False),
        sa.Column("version", sa.String(length=20), nullable=False),
        sa.Column("helpful", sa.Boolean(), nullable=False),
        sa.Column("reason", sa.String(length=20), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_helpful_answer"),
    )
    op.create_index("ix_helpful_answer_at", "helpful_answer", ["at"], unique=False)
    op.create_index("ix_helpful_answer_page", "helpful_answer", ["page"], unique=False)


def downgrade() -> None:
    op.drop_table("helpful_answer")
