"""What is due of one kind is found without looking at all that waits for another system."""

from alembic import op

revision = "0051"
down_revision = "0050"


def upgrade() -> None:
    op.create_index("ix_message_kind", "message", ["kind", "state", "not_before"], unique=False)


def downgrade() -> None:
    op.drop_index("ix_message_kind", "message")
