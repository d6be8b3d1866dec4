"""Whoever made a promise is reminded when its moment draws near."""

from alembic import op

revision = "0004"
down_revision = "0003"

_RULE = """
INSERT INTO alert_rule (id, unit_id, code, fact, recipients, mode, tiers, urgent, escalate_after)
VALUES (uuidv7(), 'head-office', 'promise-due-soon', 'guanxi.interactions.PromiseDueSoon.v1',
        '{promiser,fulfilling_lead}', 'first', '{}', true, NULL)
"""
_WORDS = {
    "zh-Hans": (
        "提醒：您的承诺将于 {{ due_at }} 到期",
        (
            "{{ name }}，您向客户作出的一项承诺将于 {{ due_at }} 到期。"
            "请按时兑现，或提前与客户重新约定。\n\n{{ inbox_url }}"
        ),
    ),
    "zh-Hant": (
        "提醒：您的承諾將於 {{ due_at }} 到期",
        (
            "{{ name }}，您向客戶作出的一項承諾將於 {{ due_at }} 到期。"
            "請按時兌現，或提前與客戶重新約定。\n\n{{ inbox_url }}"
        ),
    ),
    "en": (
        "A promise of yours is due at {{ due_at }}",
        (
            "{{ name }}, a promise that you made to a customer is due at {{ due_at }}. "
            "Keep it, or agree on another one before then.\n\n{{ inbox_url }}"
        ),
    ),
}
_TEMPLATE = """
INSERT INTO template (id, unit_id, code, language, channel, class, revision, subject, body, max_chars, approved_by)
SELECT uuidv7(), 'head-office', 'promise-reminder', '{language}', 'email', 'staff', 1, $text${subject}$text$,
       $text${body}$text$, 600, 'seed'
"""


def upgrade() -> None:
    """Enter the rule and its words."""
    op.get_bind().exec_driver_sql(_RULE)
    for language, (subject, body) in _WORDS.items():
        op.get_bind().exec_driver_sql(_TEMPLATE.format(language=language, subject=subject, body=body))
