"""A controller for the tests of drivers."""

import pytest

from controllers.logic import FieldController
from tests.controllers.samples import make_controller, run


@pytest.fixture
def controller() -> FieldController:
    """A controller in step with its local plan."""
    controller = make_controller()
    run(controller, 100)
    return controller
