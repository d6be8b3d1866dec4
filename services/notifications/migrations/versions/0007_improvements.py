"""Complainants hear what was changed, customers are asked before they are written to, and alerts for new facts."""

from alembic import op

revision = "0007"
down_revision = "0006"

_BASE = """
  id uuid NOT NULL,
  version bigint NOT NULL DEFAULT 1,
  created_at timestamptz NOT NULL DEFAULT now(),
  recorded_at timestamptz NOT NULL DEFAULT now(),
  unit_id text NOT NULL,
"""

_TABLES = (
    f"""
CREATE TABLE announced_improvement ({_BASE}
  sequence bigint NOT NULL,
  titles jsonb NOT NULL,
  effective_on date NOT NULL,
  published_at timestamptz NOT NULL,
  complainants integer NOT NULL,
  anonymous integer NOT NULL,
  said jsonb,
  said_sequence bigint NOT NULL DEFAULT 0,
  finished_at timestamptz,
  CONSTRAINT pk_announced_improvement PRIMARY KEY (id)
)""",
    f"""
CREATE TABLE telling ({_BASE}
  improvement_id uuid NOT NULL,
  customer_id uuid NOT NULL,
  complaint_id uuid NOT NULL,
  event_id uuid NOT NULL,
  ask_at timestamptz,
  better boolean,
  replied_at timestamptz,
  CONSTRAINT pk_telling PRIMARY KEY (id),
  CONSTRAINT uq_telling_improvement_id_customer_id UNIQUE (improvement_id, customer_id)
)""",
    f"""
CREATE TABLE permission_request ({_BASE}
  customer_id uuid NOT NULL,
  purpose text NOT NULL,
  channel text NOT NULL,
  way text NOT NULL,
  state text NOT NULL,
  reason text,
  asked_by text NOT NULL,
  asked_at timestamptz,
  answered_at timestamptz,
  CONSTRAINT pk_permission_request PRIMARY KEY (id),
  CONSTRAINT ck_permission_request_way CHECK (way IN ('phone', 'email')),
  CONSTRAINT ck_permission_request_state CHECK (state IN ('waiting', 'asked', 'granted', 'denied', 'not_asked'))
)""",
    "CREATE INDEX ix_permission_request_customer_id_id ON permission_request (customer_id, id)",
    "CREATE INDEX ix_permission_request_unit_id_id ON permission_request (unit_id, id)",
)

_C, _I, _S = "guanxi.complaints", "guanxi.interactions", "guanxi.scores"

# code, fact, recipients, mode, urgent; none goes up by itself: what stays undone is a fact of its own
_RULES = (
    ("improvement-published", f"{_C}.ImprovementPublished.v1", ("internal_leads",), "all", False),
    ("need-raised", f"{_I}.NeedRaised.v1", ("assignee",), "first", True),
    ("need-reopened", f"{_I}.NeedReopened.v1", ("assignee",), "first", True),
    ("need-overdue", f"{_I}.NeedOverdue.v1", ("assignee_lead",), "first", True),
    ("need-answered", f"{_I}.NeedAnswered.v1", ("raiser",), "first", False),
    ("care-task-opened", f"{_S}.CareTaskOpened.v1", ("assignee",), "first", True),
    ("care-planned", f"{_I}.ContactPlanned.v1", ("assignee",), "first", False),
    ("plan-item-missed", f"{_I}.PlanItemMissed.v1", ("assignee",), "first", False),
    ("relationship-lost", f"{_S}.RelationshipAtRisk.v1", ("customer_lead",), "first", True),
    ("handover-planned", f"{_I}.HandoverPlanned.v1", ("leaver", "successor"), "all", False),
    ("review-step-started", f"{_S}.ReviewStepStarted.v1", ("assignee",), "first", False),
    ("review-step-overdue", f"{_S}.ReviewStepOverdue.v1", ("assignee",), "first", True),
)
_RULE = """
INSERT INTO alert_rule (id, unit_id, code, fact, recipients, mode, tiers, urgent, escalate_after)
VALUES (uuidv7(), 'head-office', '{code}', '{fact}', '{recipients}'::text[], '{mode}', '{{}}', {urgent}, NULL)
"""

_HELLO = "{% if name %}{{ name }}，您好：{% else %}您好：{% endif %}"
_DEAR = "{% if name %}Dear {{ name }},{% else %}Hello,{% endif %}"


def _choice(name: str, words: dict[str, str], other: str) -> str:
    """A piece of a template: the words for the value that a name has."""
    whens = [f"{{% {{}} {name} == '{value}' %}}{text}" for value, text in words.items()]
    parts = [when.replace("{}", "elif" if n else "if", 1) for n, when in enumerate(whens)]
    return "".join(parts) + f"{{% else %}}{other}{{% endif %}}"


_WHAT = {
    "zh-Hans": ({"survey": "满意度调查", "marketing": "产品与优惠消息", "personal": "问候"}, "服务通知"),
    "zh-Hant": ({"survey": "滿意度調查", "marketing": "產品與優惠消息", "personal": "問候"}, "服務通知"),
    "en": ({"survey": "short surveys", "marketing": "news and offers", "personal": "greetings"}, "service notices"),
}
_BY = {
    "zh-Hans": ({"email": "用电子邮件", "sms": "用短信", "phone": "打电话"}, ""),
    "zh-Hant": ({"email": "用電子郵件", "sms": "用簡訊", "phone": "打電話"}, ""),
    "en": ({"email": " by e-mail", "sms": " by text message", "phone": " by phone"}, ""),
}


def _ask(language: str) -> tuple[str, str]:
    what, by = _choice("purpose", *_WHAT[language]), _choice("channel", *_BY[language])
    return what, by


# code, class -> per language subject and body
_TEMPLATES = {
    ("improvement-told", "service"): {
        "zh-Hans": (
            "您说的，我们改了",
            (
                f"{_HELLO}\n\n谢谢您当初告诉我们哪里做得不好。因为您的投诉，我们作了改进：\n\n{{{{ title }}}}"
                "\n\n自 {{ effective_on }} 起施行。"
            ),
        ),
        "zh-Hant": (
            "您說的，我們改了",
            (
                f"{_HELLO}\n\n謝謝您當初告訴我們哪裡做得不好。因為您的投訴，我們作了改進：\n\n{{{{ title }}}}"
                "\n\n自 {{ effective_on }} 起施行。"
            ),
        ),
        "en": (
            "You said it, we changed it",
            (
                f"{_DEAR}\n\nThank you for telling us what went wrong. "
                "Because of your complaint we changed this:\n\n{{ title }}"
                "\n\nIt holds from {{ effective_on }}."
            ),
        ),
    },
    ("improvement-survey", "survey"): {
        "zh-Hans": (
            "现在好些了吗？",
            (
                f"{_HELLO}\n\n前些时候我们告诉过您这项改进：\n\n{{{{ title }}}}"
                "\n\n现在好些了吗？请点一下告诉我们：{{ reply_url }}"
            ),
        ),
        "zh-Hant": (
            "現在好些了嗎？",
            (
                f"{_HELLO}\n\n前些時候我們告訴過您這項改進：\n\n{{{{ title }}}}"
                "\n\n現在好些了嗎？請點一下告訴我們：{{ reply_url }}"
            ),
        ),
        "en": (
            "Is it better now?",
            (
                f"{_DEAR}\n\nSome time ago we told you of this change:\n\n{{{{ title }}}}"
                "\n\nIs it better now? One tap tells us: {{ reply_url }}"
            ),
        ),
    },
    ("permission-request", "service"): {
        "zh-Hans": (
            "可以给您发消息吗？",
            (
                f"{_HELLO}\n\n我们可以{{by}}给您发送{{what}}吗？在您同意之前，我们不会发送。我们只问这一次。"
                "\n\n请点一下回答：{{ reply_url }}"
            ),
        ),
        "zh-Hant": (
            "可以給您發消息嗎？",
            (
                f"{_HELLO}\n\n我們可以{{by}}給您發送{{what}}嗎？在您同意之前，我們不會發送。我們只問這一次。"
                "\n\n請點一下回答：{{ reply_url }}"
            ),
        ),
        "en": (
            "May we write to you?",
            (
                f"{_DEAR}\n\nMay we send you {{what}}{{by}}? Until you say yes we send none, and we ask only once."
                "\n\nOne tap answers: {{ reply_url }}"
            ),
        ),
    },
}
_TEMPLATE = """
INSERT INTO template (id, unit_id, code, language, channel, class, revision, subject, body, max_chars, approved_by)
SELECT uuidv7(), 'head-office', '{code}', '{language}', 'email', '{kind}', 1, $text${subject}$text$, $text${body}$text$,
       600, 'seed'
"""


def upgrade() -> None:
    """Make the tables, and enter rules and words."""
    for statement in _TABLES:
        op.execute(statement)
    for code, fact, recipients, mode, urgent in _RULES:
        values = {"code": code, "fact": fact, "recipients": "{" + ",".join(recipients) + "}", "mode": mode}
        op.get_bind().exec_driver_sql(_RULE.format(**values, urgent=urgent))
    for (code, kind), languages in _TEMPLATES.items():
        for language, (subject, body) in languages.items():
            what, by = _ask(language)
            words = body.replace("{what}", what).replace("{by}", by)
            values = {"code": code, "kind": kind, "language": language, "subject": subject, "body": words}
            op.get_bind().exec_driver_sql(_TEMPLATE.format(**values))
