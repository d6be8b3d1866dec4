"""A service process: its settings, its parts and its life from start to stop."""

from guanxi.service._jobs import Job, Loop, Runtime
from guanxi.service._main import IDLE_SECONDS, main
from guanxi.service._service import Eraser, Service, Tally, forget, runtime_of, settings_of
from guanxi.service._settings import ServiceSettings

__all__ = [
    "IDLE_SECONDS",
    "Eraser",
    "Job",
    "Loop",
    "Runtime",
    "Service",
    "ServiceSettings",
    "Tally",
    "forget",
    "main",
    "runtime_of",
    "settings_of",
]
