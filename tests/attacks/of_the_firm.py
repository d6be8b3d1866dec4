"""Routes to what no dealer has: the firm's own matters, and the operators'."""

from __future__ import annotations

from attacks.doors import ROUTES

OBJECTS = [route for route in ROUTES if route.places and "stream" not in route.path]
"""Every route with something of the caller's choice in its path."""

OF_THE_FIRM = {
    *("GET /v1/routing-rules/{rule_id}", "PUT /v1/routing-rules/{rule_id}", "DELETE /v1/routing-rules/{rule_id}"),
    *(
        "GET /v1/employees/{employee_id}",
        "PATCH /v1/employees/{employee_id}",
        "GET /v1/employees/{employee_id}/promises",
    ),
    *("POST /v1/employees/{employee_id}/departure", "GET /v1/merges/{merge_id}", "POST /v1/merges/{merge_id}/undo"),
    *("GET /v1/merges/{merge_id}/worksheet", "GET /v1/improvements/{improvement_id}/tellings"),
    *("GET /v1/match-candidates/{candidate_id}", "POST /v1/match-candidates/{candidate_id}/decision"),
    *(
        "GET /v1/units/{code}",
        "PATCH /v1/units/{code}",
        "PUT /v1/alert-rules/{code}",
        "GET /v1/templates/{template_id}",
    ),
    *("GET /v1/questionnaires/{code}", "POST /v1/questionnaires/{code}/versions"),
    *("GET /v1/questionnaires/{code}/print", "POST /v1/questionnaires/{code}/print-runs"),
    *("GET /v1/visit-reports/{visit_report_id}", "GET /v1/employees/{employee_id}/exposed-customers"),
    *("GET /v1/handovers/{handover_id}", "POST /v1/handovers/{handover_id}/joint-visit"),
    "POST /v1/handovers/{handover_id}/completion",
    *("GET /v1/mentions/{mention_id}", "GET /v1/scorecards/{kind}/versions/{version}"),
    *("GET /v1/entitlement-policies/{policy_id}", "GET /v1/entitlement-policies/{policy_id}/rehearsal"),
    *(f"POST /v1/entitlement-policies/{{policy_id}}/{step}" for step in ("rehearsal", "approval", "publication")),
    *("GET /v1/goodwill-requests/{goodwill_id}", "POST /v1/goodwill-requests/{goodwill_id}/decision"),
    "POST /v1/goodwill-requests/{goodwill_id}/spending",
    *("POST /v1/problems/{problem_id}/recognition", "POST /v1/problems/{problem_id}/solution"),
    *("GET /v1/improvements/{improvement_id}", "PATCH /v1/improvements/{improvement_id}"),
    *(f"POST /v1/improvements/{{improvement_id}}/{step}" for step in ("approval", "publication")),
    *("GET /v1/segments/{segment_id}/members", "GET /v1/segments/{segment_id}/summary"),
    *(
        route.name
        for route in OBJECTS
        if any(
            part in route.path for part in ("/review-cycles/", "/rehearsals", "/designations/", "/match-candidates/")
        )
    ),
    *(route.name for route in OBJECTS if "/v1/ops/" in route.path),
}

COMMON = {"kind", "segment_id", "code", "rule_id"}
"""What belongs to the firm, not to a unit."""
