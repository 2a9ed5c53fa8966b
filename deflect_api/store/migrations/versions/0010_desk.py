"""The desk's daily work: reply clock, full text, relations between tickets, tags, known issues, notices, gaps."""

import json
from typing import Any

import sqlalchemy as sa
from alembic import op

from deflect_api.store import full_text

revision = "0010"
down_revision = "0003"

SAID = ("subject", "happened", "doing", "expected", "steps", "name", "email", "partner", "context", "device")
TABLES = (
    "gap",
    "notice",
    "notice_choice",
    "fix",
    "follower",
    "issue_link",
    "ticket_tag",
    "tag_change",
    "tag",
    "relation",
    "ticket_words",
)


def upgrade() -> None:
    _ticket()
    _words()
    _tags()
    _issues()
    _notices()


def _ticket() -> None:
    # Columns are added one by one: rebuilding SQLite's table would take all that refers to it along.
    for column in (
        sa.Column("version", sa.Integer(), nullable=False, server_default="1"),
        sa.Column("awaiting", sa.Boolean(), nullable=False, server_default=sa.true()),
        sa.Column("paused_at", sa.DateTime(), nullable=True),
        sa.Column("solved_at", sa.DateTime(), nullable=True),
        sa.Column("solved_says", sa.String(length=3), nullable=True),
        sa.Column("override_reason", sa.Text(), nullable=True),
    ):
        op.add_column("ticket", column)
    op.create_index("ix_ticket_reply_due_at", "ticket", ["reply_due_at"], unique=False)
    op.execute(sa.text("UPDATE ticket SET awaiting = first_reply_at IS NULL"))
    op.execute(sa.text("UPDATE ticket SET solved_at = updated_at WHERE status = 'solved'"))
    op.execute(sa.text("UPDATE ticket SET paused_at = updated_at WHERE status = 'pending'"))


def _words() -> None:
    op.create_table(
        "ticket_words",
        sa.Column("ticket_id", sa.Integer(), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["ticket_id"], ["ticket.id"], name="fk_ticket_words_ticket_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("ticket_id", name="pk_ticket_words"),
    )
    for statement in _POSTGRES if op.get_bind().dialect.name == "postgresql" else _SQLITE:
        op.execute(sa.text(statement))
    _words_so_far()


def _words_so_far() -> None:
    bind = op.get_bind()
    rows: Any = bind.execute(sa.select(sa.column("id"), *map(sa.column, SAID)).select_from(sa.table("ticket")))
    said = {row.id: [str(row.id), *map(_plain, row[1:])] for row in rows}
    for row in bind.execute(sa.text("SELECT ticket_id, body FROM comment ORDER BY id")):
        said[row.ticket_id].append(row.body)
    for ticket_id, texts in said.items():
        words = " ".join(list(dict.fromkeys(full_text.fold(" ".join(texts))))[: full_text.MOST_WORDS])
        bind.execute(
            sa.text("INSERT INTO ticket_words (ticket_id, words) VALUES (:id, :words)"), {"id": ticket_id, "words": words}
        )


def _plain(value: Any) -> str:
    facts = json.loads(value) if isinstance(value, str) and value.startswith("{") else value
    return " ".join(map(str, facts.values())) if isinstance(facts, dict) else str(value)


# Words are folded and one space apart already: the databases' own parsers have nothing to guess. The function is one that the
# planner does not unfold, and it says its cost: without that, PostgreSQL reads all texts rather than the index.
_POSTGRES = (
    "CREATE FUNCTION ticket_vector(words text) RETURNS tsvector LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE COST 5000 "
    "AS $$ BEGIN RETURN array_to_tsvector(array_remove(string_to_array(words, ' '), '')); END $$",
    "CREATE INDEX ix_ticket_words_vector ON ticket_words USING gin (ticket_vector(words))",
)
_SQLITE = (
    "CREATE VIRTUAL TABLE ticket_fts USING fts5(words, content='ticket_words', content_rowid='ticket_id', "
    "tokenize='unicode61 remove_diacritics 0', prefix='2 3 4', detail=none)",
    "CREATE TRIGGER ticket_words_added AFTER INSERT ON ticket_words BEGIN "
    "INSERT INTO ticket_fts(rowid, words) VALUES (new.ticket_id, new.words); END",
    "CREATE TRIGGER ticket_words_removed AFTER DELETE ON ticket_words BEGIN "
    "INSERT INTO ticket_fts(ticket_fts, rowid, words) VALUES ('delete', old.ticket_id, old.words); END",
    "CREATE TRIGGER ticket_words_changed AFTER UPDATE ON ticket_words BEGIN "
    "INSERT INTO ticket_fts(ticket_fts, rowid, words) VALUES ('delete', old.ticket_id, old.words); "
    "INSERT INTO ticket_fts(rowid, words) VALUES (new.ticket_id, new.words); END",
)


def _tags() -> None:
    op.create_table(
        "relation",
        sa.Column("ticket_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("other_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["other_id"], ["ticket.id"], name="fk_relation_other_id", ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["ticket_id"], ["ticket.id"], name="fk_relation_ticket_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("ticket_id", "kind", name="pk_relation"),
    )
    op.create_index("ix_relation_other_id", "relation", ["other_id"], unique=False)
    op.create_table(
        "tag",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("origin", sa.String(length=120), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("into_id", sa.Integer(), nullable=True),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.ForeignKeyConstraint(["into_id"], ["tag.id"], name="fk_tag_into_id"),
        sa.PrimaryKeyConstraint("id", name="pk_tag"),
        sa.UniqueConstraint("kind", "name", name="uq_tag_kind"),
    )
    op.create_table(
        "tag_change",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("tag_id", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("change", sa.String(length=20), nullable=False),
        sa.Column("before", sa.Text(), nullable=False),
        sa.Column("after", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["tag_id"], ["tag.id"], name="fk_tag_change_tag_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_tag_change"),
    )
    op.create_index("ix_tag_change_tag_id", "tag_change", ["tag_id"], unique=False)
    op.create_table(
        "ticket_tag",
        sa.Column("ticket_id", sa.Integer(), nullable=False),
        sa.Column("tag_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["ticket_id"], ["ticket.id"], name="fk_ticket_tag_ticket_id", ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["tag_id"], ["tag.id"], name="fk_ticket_tag_tag_id"),
        sa.PrimaryKeyConstraint("ticket_id", "tag_id", name="pk_ticket_tag"),
    )
    op.create_index("ix_ticket_tag_tag_id", "ticket_tag", ["tag_id"], unique=False)


def _issues() -> None:
    op.create_table(
        "issue_link",
        sa.Column("ticket_id", sa.Integer(), nullable=False),
        sa.Column("article", sa.String(length=300), nullable=False),
        sa.Column("linked_at", sa.DateTime(), nullable=False),
        sa.Column("told_at", sa.DateTime(), nullable=True),
        sa.ForeignKeyConstraint(["ticket_id"], ["ticket.id"], name="fk_issue_link_ticket_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("ticket_id", "article", name="pk_issue_link"),
    )
    op.create_index("ix_issue_link_article", "issue_link", ["article"], unique=False)
    op.create_table(
        "follower",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("article", sa.String(length=300), nullable=False),
        sa.Column("email", sa.String(length=254), nullable=False),
        sa.Column("language", sa.String(length=20), nullable=False),
        sa.Column("nonce", sa.String(length=64), nullable=False),
        sa.Column("asked_at", sa.DateTime(), nullable=False),
        sa.Column("confirmed_at", sa.DateTime(), nullable=True),
        sa.Column("told_at", sa.DateTime(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_follower"),
        sa.UniqueConstraint("article", "email", name="uq_follower_article"),
    )
    op.create_index("ix_follower_email", "follower", ["email"], unique=False)
    op.create_table(
        "fix",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("article", sa.String(length=300), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("told_by", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.Column("followers", sa.Integer(), nullable=False),
        sa.Column("requesters", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_fix"),
    )
    op.create_index("ix_fix_article", "fix", ["article"], unique=False)


def _notices() -> None:
    op.create_table(
        "notice_choice",
        sa.Column("agent_id", sa.Integer(), nullable=False),
        sa.Column("mail", sa.String(length=10), nullable=False),
        sa.Column("events", sa.JSON(), nullable=False),
        sa.Column("browser", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["agent_id"], ["agent.id"], name="fk_notice_choice_agent_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("agent_id", name="pk_notice_choice"),
    )
    op.create_table(
        "notice",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("agent_id", sa.Integer(), nullable=False),
        sa.Column("ticket_id", sa.Integer(), nullable=False),
        sa.Column("event", sa.String(length=20), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.Column("mailed_at", sa.DateTime(), nullable=True),
        sa.ForeignKeyConstraint(["agent_id"], ["agent.id"], name="fk_notice_agent_id", ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["ticket_id"], ["ticket.id"], name="fk_notice_ticket_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_notice"),
    )
    op.create_index("ix_notice_agent", "notice", ["agent_id", "id"], unique=False)
    op.create_index("ix_notice_ticket_id", "notice", ["ticket_id"], unique=False)
    op.create_table(
        "gap",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("ticket_id", sa.Integer(), nullable=True),
        sa.Column("product", sa.String(length=40), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("noted_by", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.ForeignKeyConstraint(["ticket_id"], ["ticket.id"], name="fk_gap_ticket_id", ondelete="SET NULL"),
        sa.PrimaryKeyConstraint("id", name="pk_gap"),
    )
    op.create_index("ix_gap_ticket_id", "gap", ["ticket_id"], unique=False)


def downgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute(sa.text("DROP INDEX ix_ticket_words_vector"))
        op.execute(sa.text("DROP FUNCTION ticket_vector(text)"))
    else:
        op.execute(sa.text("DROP TABLE ticket_fts"))
    for table in TABLES:
        op.drop_table(table)
    op.drop_index("ix_ticket_reply_due_at", "ticket")
    for name in ("version", "awaiting", "paused_at", "solved_at", "solved_says", "override_reason"):
        op.execute(sa.text(f"ALTER TABLE ticket DROP COLUMN {name}"))
