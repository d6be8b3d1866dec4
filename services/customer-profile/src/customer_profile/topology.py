"""What this service emits, and which of its handlers reads what."""

from customer_profile.intake.handlers import on_inbound
from customer_profile.matching.handlers import CONSUMER as MATCHING
from customer_profile.overview.handlers import CONSUMER as OVERVIEW
from guanxi.events import InboundConsumer, Topology, fact_types
from guanxi.events.customers import (
    AccountOwnerChanged,
    AgreementChanged,
    CustomerErased,
    CustomerMerged,
    CustomerReferred,
    CustomerReferredVoided,
    CustomerRegistered,
    CustomerUnmerged,
    CustomerUpdated,
    EmployeeLeft,
)
from guanxi.events.directory import CustomerState, Watermark
from guanxi.events.organisation import EmployeeState, UnitState
from guanxi.events.reports import Resolved

_REPORTS = tuple(fact for fact in fact_types().values() if issubclass(fact, Resolved))

TOPOLOGY = Topology(
    service="customer-profile",
    emits=(
        CustomerState,
        Watermark,
        UnitState,
        EmployeeState,
        CustomerRegistered,
        CustomerUpdated,
        CustomerMerged,
        CustomerUnmerged,
        CustomerErased,
        CustomerReferred,
        CustomerReferredVoided,
        AgreementChanged,
        AccountOwnerChanged,
        EmployeeLeft,
        *_REPORTS,
    ),
    consumers=(OVERVIEW, MATCHING),
    inbound=InboundConsumer("intake", on_inbound),
)
