"""What is counted, what is held for a person, and the incident that everybody is told."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.create_table(
        "tally",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("scope", sa.String(length=20), nullable=False),
        sa.Column("who", sa.String(length=32), nullable=False),
        sa.Column("mark", sa.String(length=32), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.Column("until", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_tally"),
    )
    op.create_index("ix_tally_who", "tally", ["scope", "who", "until"], unique=False)
    op.create_index("ix_tally_scope_at", "tally", ["scope", "at"], unique=False)
    op.create_index("ix_tally_until", "tally", ["until"], unique=False)
    op.create_table(
        "holding",
        sa.Column("ticket_id", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.Column("reasons", sa.JSON(), nullable=False),
        sa.Column("owed", sa.JSON(), nullable=False),
        sa.Column("verdict", sa.String(length=10), nullable=False),
        sa.Column("decided_at", sa.DateTime(), nullable=True),
        sa.ForeignKeyConstraint(["ticket_id"], ["ticket.id"], name="fk_holding_ticket_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("ticket_id", name="pk_holding"),
    )
    op.create_table(
        "incident",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("product", sa.String(length=40), nullable=False),
        sa.Column("set_by", sa.String(length=254), nullable=False),
        sa.Column("since", sa.DateTime(), nullable=False),
        sa.Column("until", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_incident"),
    )
    op.create_index("ix_incident_until", "incident", ["until"], unique=False)


def downgrade() -> None:
    for table in ("incident", "holding", "tally"):
        op.drop_table(table)
