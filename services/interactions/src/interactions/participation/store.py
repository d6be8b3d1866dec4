"""Statements of the participation report."""

from __future__ import annotations

from guanxi.db import Reader
from interactions.participation.rules import Asked, Interviewer, Participation, Printed, Span

MOST = 200
"""How many employees the report tells of, the busiest first."""
_COUNTS = """count(*) AS invited, count(*) FILTER (WHERE status = 'answered') AS answered,
       count(*) FILTER (WHERE status = 'lapsed') AS lapsed
FROM invitation
WHERE voided_at IS NULL AND invited_at >= coalesce($1::timestamptz, '-infinity')
  AND invited_at < coalesce($2::timestamptz, 'infinity')
  AND questionnaire = coalesce($3::text, questionnaire)"""
_BY_CHANNEL = f"SELECT channel, {_COUNTS} GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT {MOST}"
_BY_GIVER = f"SELECT handed_by, {_COUNTS} GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT {MOST}"
_PRINTED = f"""
SELECT r.questionnaire, count(*) AS printed, count(*) FILTER (WHERE c.used) AS answered
FROM print_run r JOIN printed_card c ON c.run_id = r.id
WHERE r.recorded_at >= coalesce($1::timestamptz, '-infinity') AND r.recorded_at < coalesce($2::timestamptz, 'infinity')
  AND r.questionnaire = coalesce($3::text, r.questionnaire)
GROUP BY 1 ORDER BY 1 LIMIT {MOST}
"""
_INTERVIEWERS = f"""
SELECT interviewer_id AS employee_id, count(*) AS interviews, sum(questions) AS questions, sum(answered) AS answered,
       sum(need_count) AS needs, sum(opportunity_count) AS opportunities
FROM interview
WHERE voided_at IS NULL AND held_at >= coalesce($1::timestamptz, '-infinity')
  AND held_at < coalesce($2::timestamptz, 'infinity')
  AND questionnaire = coalesce($3::text, questionnaire)
GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT {MOST}
"""


async def counted(reader: Reader, span: Span) -> Participation:
    """The whole report."""
    asked = (span.since, span.until, span.questionnaire)
    return Participation(
        by_channel=[Asked(**dict(row)) for row in await reader.fetch(_BY_CHANNEL, *asked)],
        by_giver=[Asked(**dict(row)) for row in await reader.fetch(_BY_GIVER, *asked)],
        printed=[Printed(**dict(row)) for row in await reader.fetch(_PRINTED, *asked)],
        interviewers=[Interviewer(**dict(row)) for row in await reader.fetch(_INTERVIEWERS, *asked)],
    )
