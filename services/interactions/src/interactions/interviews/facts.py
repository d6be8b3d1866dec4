"""What is told of an interview: grades from 0 to 10, counts, never words."""

from __future__ import annotations

from guanxi.events.interactions import IndicatorGrade, InterviewCompleted, InterviewCompletedVoided
from interactions.interviews.rules import Interview
from interactions.questionnaires.rules import Scale


def completed(
    interview: Interview, scale: Scale, kind: type[InterviewCompleted] = InterviewCompleted
) -> InterviewCompleted:
    """The fact that it was held, or as which it was held after a correction; grades stretched to 0 to 10."""
    return kind(
        unit=interview.unit_id,
        interview_id=interview.id,
        guide=interview.questionnaire,
        guide_version=interview.questionnaire_version,
        cycle_id=interview.cycle_id,
        interviewer_id=interview.interviewer_id,
        held_at=interview.held_at,
        grades=tuple(
            IndicatorGrade(
                indicator=one.indicator,
                expected=_on_ten(scale, one.expected),
                obtained=scale.on_ten(one.obtained),
                importance=_on_ten(scale, one.importance),
            )
            for one in interview.grades
        ),
        questions=interview.questions,
        answered=interview.answered,
        need_count=interview.need_count,
        opportunity_count=interview.opportunity_count,
    )


def voided(interview: Interview) -> InterviewCompletedVoided:
    """The fact that it was not held."""
    return InterviewCompletedVoided(
        unit=interview.unit_id,
        interview_id=interview.id,
    )


def _on_ten(scale: Scale, grade: int | None) -> int | None:
    return None if grade is None else scale.on_ten(grade)
