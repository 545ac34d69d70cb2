"""One Modbus driver (or emulated controller) for each junction of a site, with the key that both ends share.

The drivers share nothing. Calls to all of them run at once, each link as its own task with its own deadline
(`signalctl.field_link`), so one controller that hangs delays no other.
"""

import ipaddress
import os
import secrets
from pathlib import Path

from controllers.logic.config import DEMONSTRATION_KEY, ControllerConfig
from controllers.modbus import ModbusDriver
from plans.calendar import plan_due
from plans.site import ControllerAddress, Site

MIN_KEY_BYTES = 16


class ControllerKeyError(ValueError):
    """A controller's HMAC key is missing, unreadable or too short."""


def make_drivers(site: Site, folder: Path) -> tuple[ModbusDriver, ...]:
    """A driver for every junction of the site that has a controller; key files are relative to `folder`.

    The master's number is drawn anew in each process: a predecessor that still runs is told apart.

    Raises:
        ControllerKeyError: names the junction whose key cannot be had.
    """
    master = secrets.randbelow(0xFFFFFFFF) + 1
    return tuple(
        ModbusDriver(
            site.junctions[name],
            address.host,
            address.port,
            unit=address.unit,
            key=controller_key(address, folder, name),
            site=site.id,
            master=master,
            lease_s=site.control.lease_s,
        )
        for name, address in site.controllers.items()
    )


def controller_config(site: Site, junction: str, folder: Path) -> ControllerConfig:
    """What the junction's own controller would be configured with, taken from the site file."""
    address = site.controllers.get(junction)
    return ControllerConfig(
        junction=site.junctions[junction],
        local_plans=site.plans.get(junction, {}),
        plan_due=lambda utc_s: plan_due(site.calendar, utc_s),
        key=DEMONSTRATION_KEY if address is None else controller_key(address, folder, junction),
        site=site.id,
        reference_s=0 if address is None else address.reference_s,
    )


def controller_key(address: ControllerAddress, folder: Path, junction: str) -> bytes:
    """The key from the environment or a file, both in hex.

    Without either, a controller on this machine is a demonstration and has the published key; any other is refused.
    """
    element = f"junctions/{junction}/controller"
    if address.key_env:
        text = os.environ.get(address.key_env, "")
        source = f"environment variable {address.key_env}"
    elif address.key_file:
        path = folder / address.key_file
        source = str(path)
        try:
            text = path.read_text(encoding="ascii")
        except (OSError, UnicodeDecodeError) as error:
            raise ControllerKeyError(f"{element}: key_file: expected a readable key in hex, got {error}") from error
    elif is_this_machine(address.host):
        return DEMONSTRATION_KEY
    else:
        raise ControllerKeyError(f"{element}: expected key_env or key_file for {address.host}, got neither")
    try:
        key = bytes.fromhex(text.strip())
    except ValueError as error:
        raise ControllerKeyError(f"{element}: {source}: expected a key in hex, got other characters") from error
    if len(key) < MIN_KEY_BYTES:
        raise ControllerKeyError(f"{element}: {source}: expected {MIN_KEY_BYTES} bytes or more, got {len(key)}")
    return key


def is_this_machine(host: str) -> bool:
    """Whether the address is one that only this machine can reach."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
