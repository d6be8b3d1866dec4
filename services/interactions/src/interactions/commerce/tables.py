"""The tables of orders and what follows them: deliveries, returns, payments, service records."""

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB

from guanxi.db import personal
from interactions.tables import TIME, UUID, metadata, record_columns


def _of_order() -> list[sa.Column[object]]:
    # `order_id` stays empty until the order is known: what came before it is kept unmatched.
    return [sa.Column("external_order", sa.Text, info=personal("reference")), sa.Column("order_id", UUID)]


def _order_indexes(table: str, moment: str) -> list[sa.Index]:
    unmatched = sa.text("order_id IS NULL")
    return [
        sa.Index(f"ix_{table}_order", "order_id"),
        sa.Index(f"ix_{table}_customer", "customer_id", moment, "id"),
        sa.Index(f"ix_{table}_unit", "unit_id", moment, "id"),
        sa.Index(f"ix_{table}_moment", moment, "id"),
        sa.Index(f"ix_{table}_unmatched", "source", "external_order", postgresql_where=unmatched),
        sa.Index(f"ix_{table}_waiting", moment, "id", postgresql_where=unmatched),
    ]


sales_order = sa.Table(
    "sales_order",
    metadata,
    *record_columns(),
    sa.Column("placed_at", TIME, nullable=False),
    sa.Column("currency", sa.Text, nullable=False),
    sa.Column("lines", JSONB, nullable=False),
    sa.Column("discount_minor", sa.BigInteger),
    sa.Column("tax_minor", sa.BigInteger),
    sa.Column("shipping_minor", sa.BigInteger),
    sa.Column("goods_minor", sa.BigInteger, nullable=False),
    sa.Column("total_minor", sa.BigInteger, nullable=False),
    sa.Column("way", sa.Text),
    sa.Column("purpose", sa.Text, info=personal("text")),
    sa.Column("status", sa.Text, nullable=False, server_default=sa.text("'placed'")),
    sa.CheckConstraint(
        "status IN ('placed', 'part_delivered', 'delivered', 'closed', 'cancelled', 'returned')",
        name="status",
    ),
    sa.Index("ix_sales_order_reference", "source", "external_ref"),
    sa.Index("ix_sales_order_customer", "customer_id", "placed_at", "id"),
    sa.Index("ix_sales_order_unit", "unit_id", "placed_at", "id"),
    sa.Index("ix_sales_order_placed", "placed_at", "id"),
    sa.Index("ix_sales_order_status", "status", "placed_at", "id"),
)

delivery = sa.Table(
    "delivery",
    metadata,
    *record_columns(),
    *_of_order(),
    sa.Column("delivered_at", TIME, nullable=False),
    sa.Column("lines", JSONB, nullable=False),
    *_order_indexes("delivery", "delivered_at"),
)

goods_return = sa.Table(
    "goods_return",
    metadata,
    *record_columns(),
    *_of_order(),
    sa.Column("returned_at", TIME, nullable=False),
    sa.Column("currency", sa.Text, nullable=False),
    sa.Column("amount_minor", sa.BigInteger, nullable=False),
    sa.Column("lines", JSONB, nullable=False),
    sa.Column("reason", sa.Text, info=personal("text")),
    *_order_indexes("goods_return", "returned_at"),
)

payment = sa.Table(
    "payment",
    metadata,
    *record_columns(),
    *_of_order(),
    sa.Column("at", TIME, nullable=False),
    sa.Column("due_on", sa.Date),
    sa.Column("paid_on", sa.Date),
    sa.Column("amount_minor", sa.BigInteger, nullable=False),
    sa.Column("currency", sa.Text, nullable=False),
    sa.Column("overdue_at", TIME),
    *_order_indexes("payment", "at"),
)

service_record = sa.Table(
    "service_record",
    metadata,
    *record_columns(),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("sku", sa.Text),
    sa.Column("serial", sa.Text, info=personal("id")),
    sa.Column("performed_at", TIME, nullable=False),
    sa.Column("cost_minor", sa.BigInteger),
    sa.Column("currency", sa.Text),
    sa.Column("note", sa.Text, info=personal("text")),
    sa.Index("ix_service_record_customer", "customer_id", "performed_at", "id"),
    sa.Index("ix_service_record_unit", "unit_id", "performed_at", "id"),
    sa.Index("ix_service_record_performed", "performed_at", "id"),
)
