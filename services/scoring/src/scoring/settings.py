"""Every setting of this service, read from the environment (`GUANXI_...`) and nowhere else."""

from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import Field, field_validator

from guanxi.service import ServiceSettings


class Settings(ServiceSettings):
    """What this service needs beyond what all services need."""

    firm_time_zone: str = Field(default="Asia/Shanghai", description="A score's day ends at midnight here.")

    @field_validator("firm_time_zone")
    @classmethod
    def _known_zone(cls, name: str) -> str:
        try:
            ZoneInfo(name)
        except (ZoneInfoNotFoundError, ValueError, OSError) as error:
            raise ValueError(f"GUANXI_FIRM_TIME_ZONE: {name!r} is no time zone of the IANA database") from error
        return name

    @property
    def zone(self) -> ZoneInfo:
        """The firm's time zone."""
        return ZoneInfo(self.firm_time_zone)
