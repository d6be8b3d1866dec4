"""Permissions, messages, alerts and feeds, with the seeds that let an empty installation tell somebody something."""

from alembic import op

revision = "0002"
down_revision = "0001"

_BASE = """
  id uuid NOT NULL,
  version bigint NOT NULL DEFAULT 1,
  created_at timestamptz NOT NULL DEFAULT now(),
  recorded_at timestamptz NOT NULL DEFAULT now(),
  unit_id text NOT NULL,
"""

_TABLES = (
    f"""
CREATE TABLE permission ({_BASE}
  customer_id uuid NOT NULL,
  purpose text NOT NULL,
  channel text NOT NULL,
  state text NOT NULL,
  said_at timestamptz NOT NULL,
  event_id uuid,
  CONSTRAINT pk_permission PRIMARY KEY (id),
  CONSTRAINT uq_permission_customer_id_purpose_channel UNIQUE (customer_id, purpose, channel),
  CONSTRAINT ck_permission_state CHECK (state IN ('unknown', 'asked', 'granted', 'denied', 'withdrawn', 'expired'))
)""",
    f"""
CREATE TABLE permission_event ({_BASE}
  permission_id uuid,
  customer_id uuid,
  ticket_id uuid,
  purpose text NOT NULL,
  channel text NOT NULL,
  state text NOT NULL,
  said_at timestamptz NOT NULL,
  counts boolean NOT NULL,
  evidence text,
  address text,
  actor text NOT NULL,
  source text,
  report_id uuid,
  report_sequence bigint,
  CONSTRAINT pk_permission_event PRIMARY KEY (id),
  CONSTRAINT ck_permission_event_about CHECK ((permission_id IS NULL) <> (ticket_id IS NULL))
)""",
    """CREATE INDEX ix_permission_event_permission_id ON permission_event (permission_id)
  WHERE permission_id IS NOT NULL""",
    "CREATE INDEX ix_permission_event_ticket_id ON permission_event (ticket_id) WHERE ticket_id IS NOT NULL",
    "CREATE INDEX ix_permission_event_report_id ON permission_event (report_id) WHERE report_id IS NOT NULL",
    "CREATE INDEX ix_permission_event_customer_id ON permission_event (customer_id) WHERE customer_id IS NOT NULL",
    f"""
CREATE TABLE permission_report ({_BASE}
  grants_from bigint NOT NULL,
  CONSTRAINT pk_permission_report PRIMARY KEY (id)
)""",
    f"""
CREATE TABLE template ({_BASE}
  code text NOT NULL,
  language text NOT NULL,
  channel text NOT NULL,
  class text NOT NULL,
  revision integer NOT NULL,
  subject text NOT NULL,
  body text NOT NULL,
  max_chars integer NOT NULL,
  approved_by text NOT NULL,
  CONSTRAINT pk_template PRIMARY KEY (id),
  CONSTRAINT uq_template_code_language_channel_revision UNIQUE (code, language, channel, revision)
)""",
    f"""
CREATE TABLE message ({_BASE}
  intent text NOT NULL,
  intent_key text NOT NULL,
  class text NOT NULL,
  template text NOT NULL,
  channel text NOT NULL,
  recipient text NOT NULL,
  customer_id uuid,
  employee_id uuid,
  ticket_id uuid,
  facts jsonb NOT NULL,
  cause_type text NOT NULL,
  cause_id uuid NOT NULL,
  cause_event_id uuid NOT NULL,
  status text NOT NULL,
  reason text,
  send_after timestamptz NOT NULL,
  attempts integer NOT NULL DEFAULT 0,
  permission_event_id uuid,
  template_id uuid,
  language text,
  address text,
  provider_key text,
  claimed_at timestamptz,
  settled_at timestamptz,
  CONSTRAINT pk_message PRIMARY KEY (id),
  CONSTRAINT uq_message_intent_key UNIQUE (intent_key),
  CONSTRAINT ck_message_status CHECK (status IN
    ('queued', 'held', 'sending', 'sent', 'delivered', 'failed', 'unknown', 'suppressed'))
)""",
    "CREATE INDEX ix_message_send_after ON message (send_after) WHERE status IN ('queued', 'held')",
    "CREATE INDEX ix_message_claimed_at ON message (claimed_at) WHERE status = 'sending'",
    "CREATE INDEX ix_message_customer_id_id ON message (customer_id, id) WHERE customer_id IS NOT NULL",
    "CREATE INDEX ix_message_ticket_id ON message (ticket_id) WHERE ticket_id IS NOT NULL",
    f"""
CREATE TABLE attempt ({_BASE}
  message_id uuid NOT NULL,
  n integer NOT NULL,
  started_at timestamptz NOT NULL,
  ended_at timestamptz,
  outcome text,
  code integer,
  detail text,
  CONSTRAINT pk_attempt PRIMARY KEY (id),
  CONSTRAINT uq_attempt_message_id_n UNIQUE (message_id, n)
)""",
    f"""
CREATE TABLE alert_rule ({_BASE}
  code text NOT NULL,
  fact text NOT NULL,
  recipients text[] NOT NULL,
  mode text NOT NULL,
  tiers text[] NOT NULL DEFAULT '{{}}',
  urgent boolean NOT NULL,
  escalate_after integer,
  enabled boolean NOT NULL DEFAULT true,
  CONSTRAINT pk_alert_rule PRIMARY KEY (id),
  CONSTRAINT uq_alert_rule_code UNIQUE (code),
  CONSTRAINT ck_alert_rule_mode CHECK (mode IN ('all', 'first'))
)""",
    f"""
CREATE TABLE alert ({_BASE}
  rule text NOT NULL,
  recipient text NOT NULL,
  employee_id uuid,
  customer_id uuid,
  cause_type text NOT NULL,
  cause_id uuid NOT NULL,
  cause_sequence bigint NOT NULL,
  cause_event_id uuid NOT NULL,
  facts jsonb NOT NULL,
  urgent boolean NOT NULL,
  state text NOT NULL,
  due_at timestamptz,
  seen_at timestamptz,
  done_at timestamptz,
  settled_by text,
  note text,
  escalated_from uuid,
  changed_at timestamptz NOT NULL,
  CONSTRAINT pk_alert PRIMARY KEY (id),
  CONSTRAINT uq_alert_rule_cause_event_id_recipient UNIQUE (rule, cause_event_id, recipient),
  CONSTRAINT ck_alert_state CHECK (state IN ('raised', 'seen', 'done', 'escalated'))
)""",
    "CREATE INDEX ix_alert_employee_id_changed_at ON alert (employee_id, changed_at)",
    "CREATE INDEX ix_alert_unit_id_changed_at ON alert (unit_id, changed_at) WHERE employee_id IS NULL",
    "CREATE INDEX ix_alert_cause_id ON alert (cause_id) WHERE state IN ('raised', 'seen')",
    "CREATE INDEX ix_alert_customer_id ON alert (customer_id) WHERE customer_id IS NOT NULL",
    f"""
CREATE TABLE settled_cause ({_BASE}
  CONSTRAINT pk_settled_cause PRIMARY KEY (id)
)""",
    f"""
CREATE TABLE subscription ({_BASE}
  types text[] NOT NULL,
  url text NOT NULL,
  secret text,
  status text NOT NULL,
  reason text,
  CONSTRAINT pk_subscription PRIMARY KEY (id),
  CONSTRAINT ck_subscription_status CHECK (status IN ('active', 'paused', 'disabled', 'removed'))
)""",
    "CREATE INDEX ix_subscription_unit_id ON subscription (unit_id) WHERE status <> 'removed'",
    f"""
CREATE TABLE feed_delivery ({_BASE}
  subscription_id uuid NOT NULL,
  event_id uuid NOT NULL,
  event_type text NOT NULL,
  customer_id uuid,
  body jsonb,
  status text NOT NULL,
  attempts integer NOT NULL DEFAULT 0,
  next_at timestamptz NOT NULL,
  claimed_at timestamptz,
  answered integer,
  reason text,
  settled_at timestamptz,
  CONSTRAINT pk_feed_delivery PRIMARY KEY (id),
  CONSTRAINT uq_feed_delivery_subscription_id_event_id UNIQUE (subscription_id, event_id),
  CONSTRAINT ck_feed_delivery_status CHECK (status IN ('queued', 'sending', 'delivered', 'failed', 'cancelled'))
)""",
    "CREATE INDEX ix_feed_delivery_next_at ON feed_delivery (next_at) WHERE status IN ('queued', 'sending')",
    "CREATE INDEX ix_feed_delivery_customer_id ON feed_delivery (customer_id) WHERE customer_id IS NOT NULL",
)

_C, _I, _S = "guanxi.complaints", "guanxi.interactions", "guanxi.scores"

# code, fact, recipients, mode, tiers, urgent, working minutes until the unit's lead is told too
_RULES = (
    ("complaint-filed", f"{_C}.ComplaintFiled.v1", ("owner", "holder"), "all", (), True, 120),
    ("complaint-handed-over", f"{_C}.ComplaintHandedOver.v1", ("to_holder",), "all", (), False, 120),
    ("complaint-escalated", f"{_C}.ComplaintEscalated.v1", ("holder_lead", "owner"), "all", (), True, 60),
    ("complaint-reopened", f"{_C}.ComplaintReopened.v1", ("owner", "holder"), "all", (), True, 60),
    ("deadline-missed", f"{_C}.DeadlineMissed.v1", ("owner", "holder"), "all", (), True, 60),
    ("promise-broken", f"{_I}.PromiseBroken.v1", ("fulfilling_lead", "owner", "head_office"), "first", (), True, 60),
    ("key-customer-falling", f"{_S}.SegmentChanged.v1", ("owner",), "all", ("top",), True, 240),
)

# code -> class, then per language subject and body
_TEMPLATES = {
    ("complaint-receipt", "service"): {
        "zh-Hans": (
            "我们已收到您的投诉 {{ number }}",
            (
                "{% if name %}{{ name }}，您好：{% else %}您好：{% endif %}\n\n我们已收到您的投诉，编号 {{ number }}。"
                "{% if promised_at %}我们会在 {{ promised_at }} 前答复您。{% endif %}\n\n查看进度：{{ tracking_url }}"
            ),
        ),
        "zh-Hant": (
            "我們已收到您的投訴 {{ number }}",
            (
                "{% if name %}{{ name }}，您好：{% else %}您好：{% endif %}\n\n我們已收到您的投訴，編號 {{ number }}。"
                "{% if promised_at %}我們會在 {{ promised_at }} 前答覆您。{% endif %}\n\n查看進度：{{ tracking_url }}"
            ),
        ),
        "en": (
            "We have your complaint {{ number }}",
            (
                "{% if name %}Dear {{ name }},{% else %}Hello,{% endif %}\n\n"
                "We have your complaint; its number is {{ number }}. "
                "{% if promised_at %}You will have our answer by {{ promised_at }}.{% endif %}"
                "\n\nSee how it stands: {{ tracking_url }}"
            ),
        ),
    },
    ("complaint-answer", "service"): {
        "zh-Hans": (
            "您的投诉 {{ number }} 已有答复",
            (
                "{% if name %}{{ name }}，您好：{% else %}您好：{% endif %}\n\n您的投诉 {{ number }} 已有答复。"
                "\n\n请在此阅读，并告诉我们问题是否解决：{{ tracking_url }}"
            ),
        ),
        "zh-Hant": (
            "您的投訴 {{ number }} 已有答覆",
            (
                "{% if name %}{{ name }}，您好：{% else %}您好：{% endif %}\n\n您的投訴 {{ number }} 已有答覆。"
                "\n\n請在此閱讀，並告訴我們問題是否解決：{{ tracking_url }}"
            ),
        ),
        "en": (
            "Our answer to your complaint {{ number }}",
            (
                "{% if name %}Dear {{ name }},{% else %}Hello,{% endif %}\n\n"
                "Your complaint {{ number }} has been answered."
                "\n\nRead the answer and tell us whether it is solved: {{ tracking_url }}"
            ),
        ),
    },
    ("complaint-thanks", "service"): {
        "zh-Hans": (
            "感谢您的意见（{{ number }}）",
            (
                "{% if name %}{{ name }}，您好：{% else %}您好：{% endif %}\n\n谢谢您告诉我们。您的投诉 {{ number }} "
                "帮助我们把事情做得更好。\n\n结果在此：{{ tracking_url }}"
            ),
        ),
        "zh-Hant": (
            "感謝您的意見（{{ number }}）",
            (
                "{% if name %}{{ name }}，您好：{% else %}您好：{% endif %}\n\n謝謝您告訴我們。您的投訴 {{ number }} "
                "幫助我們把事情做得更好。\n\n結果在此：{{ tracking_url }}"
            ),
        ),
        "en": (
            "Thank you for telling us ({{ number }})",
            (
                "{% if name %}Dear {{ name }},{% else %}Hello,{% endif %}\n\n"
                "Thank you for telling us. Your complaint {{ number }} helps us to do better."
                "\n\nHow it ended: {{ tracking_url }}"
            ),
        ),
    },
    ("alert", "staff"): {
        "zh-Hans": (
            "请处理：{{ rule }}{% if number %} {{ number }}{% endif %}",
            "{{ name }}，有一件事需要您处理：{{ rule }}{% if number %}（{{ number }}）{% endif %}。\n\n{{ inbox_url }}",
        ),
        "zh-Hant": (
            "請處理：{{ rule }}{% if number %} {{ number }}{% endif %}",
            "{{ name }}，有一件事需要您處理：{{ rule }}{% if number %}（{{ number }}）{% endif %}。\n\n{{ inbox_url }}",
        ),
        "en": (
            "For you to act on: {{ rule }}{% if number %} {{ number }}{% endif %}",
            "{{ name }}, this waits for you: {{ rule }}{% if number %} ({{ number }}){% endif %}.\n\n{{ inbox_url }}",
        ),
    },
}

_RULE = """
INSERT INTO alert_rule (id, unit_id, code, fact, recipients, mode, tiers, urgent, escalate_after)
SELECT uuidv7(), 'head-office', '{code}', '{fact}', '{recipients}'::text[], '{mode}', '{tiers}'::text[],
       {urgent}, {minutes}
"""
_TEMPLATE = """
INSERT INTO template (id, unit_id, code, language, channel, class, revision, subject, body, max_chars, approved_by)
SELECT uuidv7(), 'head-office', '{code}', '{language}', 'email', '{kind}', 1, $text${subject}$text$, $text${body}$text$,
       600, 'seed'
"""


def _array(values: tuple[str, ...]) -> str:
    return "{" + ",".join(values) + "}"


def upgrade() -> None:
    """Make the tables and enter the seeds."""
    for statement in _TABLES:
        op.execute(statement)
    for code, fact, recipients, mode, tiers, urgent, minutes in _RULES:
        values = {"code": code, "fact": fact, "recipients": _array(recipients), "mode": mode, "tiers": _array(tiers)}
        op.get_bind().exec_driver_sql(_RULE.format(**values, urgent=urgent, minutes=minutes))
    for (code, kind), languages in _TEMPLATES.items():
        for language, (subject, body) in languages.items():
            values = {"code": code, "kind": kind, "language": language, "subject": subject, "body": body}
            op.get_bind().exec_driver_sql(_TEMPLATE.format(**values))
