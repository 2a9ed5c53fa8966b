"""Which of 256 places a support session came from, so that one person's sessions count as one."""

import sqlalchemy as sa
from alembic import op

revision = "0060"
down_revision = "0051"


def upgrade() -> None:
    op.add_column("support_session", sa.Column("place", sa.SmallInteger(), nullable=True))


def downgrade() -> None:
    op.drop_column("support_session", "place")
