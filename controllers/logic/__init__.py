"""The field controller's logic: one pure state machine."""

from controllers.logic.config import ConfigurationError, ControllerConfig
from controllers.logic.controller import FieldController
from controllers.logic.execution import CabinetSwitch

__all__ = ["CabinetSwitch", "ConfigurationError", "ControllerConfig", "FieldController"]
