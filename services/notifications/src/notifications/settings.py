"""Every setting of this service, read from the environment (`GUANXI_...`) and nowhere else."""

from guanxi.service import ServiceSettings


class Settings(ServiceSettings):
    """What this service needs beyond what all services need."""
