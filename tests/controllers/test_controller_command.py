"""`signalctl controller` and `signalctl registers` as processes, and the keys that both ends of a link share."""

import asyncio
import json
import signal
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from controllers.driver import ControllerMode
from controllers.logic.config import DEMONSTRATION_KEY
from controllers.modbus import ModbusDriver
from controllers.pool import ControllerKeyError, controller_key
from plans.schema import load_site
from plans.site import ControllerAddress
from signalctl.cli import app
from signalctl.errors import UsageError

SITE = Path(__file__).parents[2] / "sim" / "scenarios" / "rheinstrasse" / "site.yaml"
SLOW_START_S = 60


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_controller_serves_until_it_is_told_to_end(number: signal.Signals) -> None:
    """It says where it listens, runs its local plan in real time, and ends cleanly on SIGTERM and Ctrl-C."""
    site = load_site(SITE)
    junction = next(iter(site.junctions.values()))
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "signalctl", "controller", str(SITE)),
        *("--junction", junction.id, "--listen", "127.0.0.1:0"),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    assert process.stdout is not None
    line = (await asyncio.wait_for(process.stdout.readline(), SLOW_START_S)).decode()
    assert line.startswith(f"{junction.id}: listening on 127.0.0.1:")
    driver = ModbusDriver(junction, "127.0.0.1", int(line.rpartition(":")[2]), key=DEMONSTRATION_KEY, site=site.id)
    await driver.connect()
    first = await driver.read_status()
    await asyncio.sleep(2.2)
    second = await driver.read_status()
    assert first.mode is ControllerMode.LOCAL_FIXED
    assert 1 <= second.utc_s - first.utc_s <= 4
    await driver.close()
    process.send_signal(number)
    _, err = await asyncio.wait_for(process.communicate(), 20)
    assert process.returncode == 0, err.decode()
    assert b"Traceback" not in err


def test_registers_prints_the_map() -> None:
    """The register map comes as JSON and as the tables of the docs."""
    as_json = CliRunner().invoke(app, ["registers", "--json"])
    assert as_json.exit_code == 0
    assert {block["letter"] for block in json.loads(as_json.stdout)["blocks"]} == set("ABCDEFGHT")
    as_markdown = CliRunner().invoke(app, ["registers", "--markdown"])
    assert as_markdown.exit_code == 0
    docs = (SITE.parents[3] / "docs" / "field-protocol.md").read_text(encoding="utf-8")
    assert docs.endswith(as_markdown.stdout)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("registers", "--json", "--markdown"), "expected --json or --markdown, got both"),
        (("controller", str(SITE), "--junction", "x", "--listen", "nowhere"), "--listen: expected HOST:PORT, got nowh"),
        (("controller", str(SITE), "--junction", "x"), "--junction: expected one of j01"),
        (
            ("controller", str(SITE), "--junction", "j02_holzstrasse", "--listen", "0.0.0.0:0"),
            "j02_holzstrasse/controller: expected key_env or key_file to listen on 0.0.0.0, got neither",
        ),
    ],
)
def test_wrong_calls_are_usage_errors(arguments: tuple[str, ...], message: str) -> None:
    """A wrong call says what was expected; the command line makes status 2 of it."""
    result = CliRunner().invoke(app, arguments)
    assert isinstance(result.exception, UsageError)
    assert message in str(result.exception)


def test_keys_come_from_environment_or_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Hex in the named variable or file; the published key serves this machine alone."""
    monkeypatch.setenv("KEY_OF_J1", "00112233445566778899aabbccddeeff")
    expected = bytes.fromhex("00112233445566778899aabbccddeeff")
    assert controller_key(ControllerAddress("10.0.0.1", key_env="KEY_OF_J1"), tmp_path, "J1") == expected
    (tmp_path / "j1.key").write_text(expected.hex() + "\n")
    assert controller_key(ControllerAddress("10.0.0.1", key_file="j1.key"), tmp_path, "J1") == expected
    for host in ("127.0.0.1", "localhost", "::1"):
        assert controller_key(ControllerAddress(host), tmp_path, "J1") == DEMONSTRATION_KEY


@pytest.mark.parametrize(
    ("address", "message"),
    [
        (ControllerAddress("10.0.0.1"), "junctions/J1/controller: expected key_env or key_file for 10.0.0.1"),
        (ControllerAddress("cabinet.example"), "expected key_env or key_file for cabinet.example, got neither"),
        (ControllerAddress("127.0.0.1", key_env="SHORT_KEY"), "SHORT_KEY: expected 16 bytes or more, got 2"),
        (ControllerAddress("127.0.0.1", key_env="NO_HEX_KEY"), "NO_HEX_KEY: expected a key in hex"),
        (ControllerAddress("127.0.0.1", key_file="missing.key"), "key_file: expected a readable key in hex"),
    ],
)
def test_missing_keys_are_named(
    address: ControllerAddress, message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No default password: a key that cannot be had is an error that names junction and source."""
    monkeypatch.setenv("SHORT_KEY", "abcd")
    monkeypatch.setenv("NO_HEX_KEY", "not a key at all")
    with pytest.raises(ControllerKeyError, match=message):
        controller_key(address, tmp_path, "J1")
