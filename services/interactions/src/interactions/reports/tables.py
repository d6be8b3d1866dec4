"""The register of reports: what makes the handlers commute."""

import sqlalchemy as sa

from interactions.tables import TIME, UUID, metadata

reported = sa.Table(
    "reported",
    metadata,
    sa.Column("id", UUID, primary_key=True),
    sa.Column("revision", sa.BigInteger, nullable=False),
    sa.Column("voided_at", TIME),
)
