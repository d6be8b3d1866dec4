"""What this service emits, and which of its handlers reads what."""

from guanxi.events import Topology
from guanxi.events.customers import (
    AccountOwnerChanged,
    CustomerErased,
    CustomerMerged,
    CustomerRegistered,
    CustomerUnmerged,
    CustomerUpdated,
    EmployeeLeft,
)
from guanxi.events.directory import CustomerState, Watermark
from guanxi.events.organisation import EmployeeState, UnitState

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
        AccountOwnerChanged,
        EmployeeLeft,
    ),
)
