"""How connected systems are, and which comments came from the desk."""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0010"


def upgrade() -> None:
    op.create_table(
        "channel",
        sa.Column("name", sa.String(length=20), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("last_message", sa.Integer(), nullable=False),
        sa.Column("down_since", sa.DateTime(), nullable=True),
        sa.Column("probe_at", sa.DateTime(), nullable=True),
        sa.Column("resting_until", sa.DateTime(), nullable=True),
        sa.Column("told", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_channel"),
    )
    op.add_column("comment", sa.Column("remote_id", sa.String(length=120), nullable=False, server_default=sa.text("''")))


def downgrade() -> None:
    op.drop_column("comment", "remote_id")
    op.drop_table("channel")
