from __future__ import annotations

import pytest
from pydantic import ValidationError

from complaints.entitlements.policy_schemas import PolicyBody


@pytest.mark.parametrize("region", ["CN-44", "CA-ON", "AU-NSW", "DE-BY", "GB-LND"])
def test_a_region_is_named_as_customers_regions_are(region: str) -> None:
    assert PolicyBody.model_validate({"effective_from": "2027-01-01", "home_region": region}).home_region == region


@pytest.mark.parametrize("region", ["CN-GD", "CN-4", "CN-440", "CN-4A", "Guangdong"])
def test_a_region_that_no_customer_can_have_is_refused(region: str) -> None:
    with pytest.raises(ValidationError) as refused:
        PolicyBody.model_validate({"effective_from": "2027-01-01", "home_region": region})
    assert [error["loc"] for error in refused.value.errors()] == [("home_region",)]
