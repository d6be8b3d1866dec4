"""Every setting of this service, read from the environment (`GUANXI_...`) and nowhere else."""

from pydantic import Field

from guanxi.service import ServiceSettings


class Settings(ServiceSettings):
    """What this service needs beyond what all services need."""

    problem_complainants: int = Field(default=3, ge=2)
    """From so many complainants on, one cause (and article) is suspected to be a common problem."""
    problem_days: int = Field(default=30, ge=1, le=3650)
    """In so many days."""
