"""How far each report has been taken in: the highest sequence wins, a voided one is final, whatever their order."""

import sqlalchemy as sa

from complaints.tables import metadata
from guanxi.db import base_columns

complaint_report = sa.Table(
    "complaint_report",
    metadata,
    *base_columns(),
    sa.Column("voided", sa.Boolean, nullable=False),
)
