"""The first tables: tokens, sessions, reviews, votes."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make them."""
    op.create_table(
        "tokens",
        sa.Column("id", sa.String(64), primary_key=True),
        sa.Column("subject", sa.Text, nullable=False),
        sa.Column("hash", sa.LargeBinary, nullable=False),
        sa.Column("minted_by", sa.Text, nullable=False),
        sa.Column("on_behalf_of", sa.Text),
        sa.Column("created", sa.BigInteger, nullable=False),
        sa.Column("expires", sa.BigInteger, nullable=False),
        sa.Column("revoked", sa.BigInteger),
        sa.Column("last_used", sa.BigInteger),
    )
    op.create_table(
        "sessions",
        sa.Column("id", sa.String(64), primary_key=True),
        sa.Column("subject", sa.Text, nullable=False),
        sa.Column("target", sa.Text, nullable=False),
        sa.Column("opened", sa.BigInteger, nullable=False),
        sa.Column("closed", sa.BigInteger),
        sa.Column("detail", sa.LargeBinary, nullable=False),
    )
    op.create_index("sessions_opened", "sessions", ["opened"])
    op.create_table(
        "reviews",
        sa.Column("id", sa.String(64), primary_key=True),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("subject", sa.Text, nullable=False),
        sa.Column("rule", sa.Text, nullable=False),
        sa.Column("requested", sa.BigInteger, nullable=False),
        sa.Column("deadline", sa.BigInteger, nullable=False),
        sa.Column("decided", sa.BigInteger),
        sa.Column("detail", sa.LargeBinary, nullable=False),
        sa.Column("exact", sa.LargeBinary),
        sa.Column("outcome", sa.LargeBinary),
    )
    op.create_index("reviews_state", "reviews", ["state"])
    op.create_index("reviews_requested", "reviews", ["requested"])
    op.create_index("reviews_similar", "reviews", ["subject", "rule"])
    op.create_table(
        "votes",
        sa.Column("number", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("review", sa.String(64), sa.ForeignKey("reviews.id", ondelete="CASCADE"), nullable=False),
        sa.Column("person", sa.Text, nullable=False),
        sa.Column("verdict", sa.String(16), nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("time", sa.BigInteger, nullable=False),
    )
    op.create_index("ix_votes_review", "votes", ["review"])
    op.create_index("votes_once", "votes", ["review", "person"], unique=True)


def downgrade() -> None:
    """Remove them."""
    for table in ("votes", "reviews", "sessions", "tokens"):
        op.drop_table(table)
