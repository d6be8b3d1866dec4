"""Who brought us whom."""

from alembic import op

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    """Make the table; a customer was brought by one other at most."""
    op.execute("""
CREATE TABLE referral (
  id uuid NOT NULL,
  version bigint NOT NULL DEFAULT 1,
  created_at timestamptz NOT NULL DEFAULT now(),
  recorded_at timestamptz NOT NULL DEFAULT now(),
  unit_id text NOT NULL,
  referrer_id uuid NOT NULL,
  referred_id uuid NOT NULL,
  referred_on date NOT NULL,
  entered_by text NOT NULL,
  voided_at timestamptz,
  voided_by text,
  CONSTRAINT pk_referral PRIMARY KEY (id),
  CONSTRAINT ck_referral_others CHECK (referrer_id <> referred_id),
  CONSTRAINT fk_referral_referrer_id_customer FOREIGN KEY (referrer_id) REFERENCES customer (id),
  CONSTRAINT fk_referral_referred_id_customer FOREIGN KEY (referred_id) REFERENCES customer (id)
)""")
    op.execute("CREATE INDEX ix_referral_referrer_id ON referral (referrer_id, id)")
    op.execute("CREATE INDEX ix_referral_referred_id ON referral (referred_id, id)")
    op.execute("CREATE UNIQUE INDEX uq_referral_standing ON referral (referred_id) WHERE voided_at IS NULL")
