"""A real Mosquitto under the shipped configuration lets everybody do what they may and nothing else."""

import asyncio
import contextlib
import socket
import ssl
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractAsyncContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path

import aiomqtt
import pytest

from detectors.mqtt import Canary, MqttSource
from plans.site import MqttBroker
from tests.deploy.expressions import DEPLOY
from tests.ports import own_port

pytestmark = pytest.mark.peer

GATEWAY = "mainz/kaiserstrasse"
OWN_LOOP = f"signalctl/v1/{GATEWAY}/loop/D1"
NEIGHBOURS_LOOP = "signalctl/v1/mainz/frauenlobstrasse/loop/D1"


@dataclass(frozen=True)
class Broker:
    """A running broker and the folder with everybody's certificates."""

    port: int
    certificates: Path

    def client(self, name: str, authority: Path | None = None) -> AbstractAsyncContextManager[aiomqtt.Client]:
        """A client that shows `name`'s certificate; no certificate for an empty name."""
        tls = ssl.create_default_context(cafile=str(self.certificates / "ca.crt"))
        if name:
            own = (authority or self.certificates) / name.replace("/", "-")
            tls.load_cert_chain(f"{own}.crt", f"{own}.key")
        return aiomqtt.Client("127.0.0.1", self.port, tls_context=tls, timeout=2)


def _make_certificates(folder: Path, *clients: str) -> None:
    script = DEPLOY / "mosquitto" / "make-certificates.sh"
    subprocess.run([script, folder, "127.0.0.1", *clients], check=True, capture_output=True)


@pytest.fixture(scope="module")
def broker(require_program: Callable[[str], str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Broker]:
    """Mosquitto with the shipped configuration; only port and paths are this test's own."""
    program = require_program("mosquitto")
    require_program("openssl")
    folder = tmp_path_factory.mktemp("mosquitto")
    _make_certificates(folder / "certs", "signalctl", GATEWAY, "transit-mainz")
    (folder / "acl").write_text((DEPLOY / "mosquitto" / "acl").read_text())
    port = own_port()
    shipped = (DEPLOY / "mosquitto" / "mosquitto.conf").read_text()
    config = folder / "mosquitto.conf"
    config.write_text(
        shipped.replace("listener 8883", f"user root\nlistener {port} 127.0.0.1").replace("/etc/mosquitto", str(folder))
    )
    with _mosquitto(program, config, port):
        yield Broker(port, folder / "certs")


@contextmanager
def _mosquitto(program: str, config: Path, port: int) -> Iterator[None]:
    process = subprocess.Popen([program, "-c", config], stderr=subprocess.PIPE, text=True)
    try:
        _wait_until_open(port, process)
        yield
    finally:
        process.terminate()
        process.communicate(timeout=10)


def _wait_until_open(port: int, process: subprocess.Popen[str]) -> None:
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline and process.poll() is None:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    process.kill()
    raise RuntimeError(f"Mosquitto did not open port {port}: {process.communicate()[1]}")


async def test_a_gateway_speaks_for_its_own_junction_only(broker: Broker) -> None:
    """The service hears a gateway's own detectors, and never what it says in a neighbour's name."""
    async with broker.client("signalctl") as service, broker.client(GATEWAY) as gateway:
        await service.subscribe("signalctl/v1/#", qos=1)
        await gateway.publish(NEIGHBOURS_LOOP, b"forged", qos=1)
        await gateway.publish("signalctl/v1/mainz/transit", b"forged", qos=1)
        await gateway.publish(OWN_LOOP, b"true", qos=1)
        first = await anext(aiter(service.messages))
    assert (str(first.topic), first.payload) == (OWN_LOOP, b"true")


async def test_the_service_proves_its_subscriptions_under_these_rights(broker: Broker) -> None:
    """The service's own source connects with its certificate, and every kind of topic is proved to be delivered."""
    ours = broker.certificates
    address = MqttBroker(
        "127.0.0.1",
        broker.port,
        ca_file=str(ours / "ca.crt"),
        cert_file=str(ours / "signalctl.crt"),
        key_file=str(ours / "signalctl.key"),
    )
    source = MqttSource("mainz", address, canary=Canary(every_s=0.1, patience_s=1.0))
    running = asyncio.create_task(source.run())
    try:
        for _ in range(100):
            if source.statistics().connected:
                break
            await asyncio.sleep(0.05)
        async with broker.client(GATEWAY) as gateway:
            payload = b'{"t": 1.0, "seq": 1, "count": 1, "occupancy": 0.1, "present": false}'
            await gateway.publish(OWN_LOOP, payload, qos=1)
            await asyncio.sleep(2.0)  # twice the patience: a canary that is lost has been missed by now
        assert source.denied() == frozenset()
        assert source.statistics().received == {"loop": 1}
        assert source.statistics().invalid == {}
    finally:
        running.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await running


async def test_a_gateway_does_not_hear_other_junctions(broker: Broker) -> None:
    """Of all states published, a gateway receives its own junction's."""
    async with broker.client("signalctl") as service, broker.client(GATEWAY) as gateway:
        await gateway.subscribe("signalctl/v1/+/+/state", qos=1)
        await service.publish("signalctl/v1/mainz/frauenlobstrasse/state", b"{}", qos=1)
        await service.publish(f"signalctl/v1/{GATEWAY}/state", b"{}", qos=1)
        first = await anext(aiter(gateway.messages))
    assert str(first.topic) == f"signalctl/v1/{GATEWAY}/state"


async def test_priority_requests_come_from_the_transit_gateway(broker: Broker) -> None:
    """The transit operator's certificate may request priority, and nothing else."""
    async with broker.client("signalctl") as service, broker.client("transit-mainz") as transit:
        await service.subscribe("signalctl/v1/#", qos=1)
        await transit.publish(OWN_LOOP, b"forged", qos=1)
        await transit.publish("signalctl/v1/mainz/transit", b"{}", qos=1)
        first = await anext(aiter(service.messages))
    assert str(first.topic) == "signalctl/v1/mainz/transit"


async def test_signs_for_drivers_are_the_services_alone(broker: Broker) -> None:
    """No gateway can put words on a sign."""
    sign = "signalctl/v1/mainz/sign/old_town"
    async with broker.client("signalctl") as service, broker.client("transit-mainz") as transit:
        await service.subscribe("signalctl/v1/#", qos=1)
        await transit.publish(sign, b"forged", qos=1)
        await service.publish(sign, b"true", qos=1)
        first = await anext(aiter(service.messages))
    assert (str(first.topic), first.payload) == (sign, b"true")


async def test_nobody_enters_without_a_certificate(broker: Broker) -> None:
    """A client that shows no certificate is turned away before it says anything."""
    with pytest.raises(aiomqtt.MqttError):
        async with broker.client(""):
            pytest.fail("the broker let a stranger in")


async def test_another_authoritys_certificate_is_worth_nothing(broker: Broker, tmp_path: Path) -> None:
    """The service's name in a certificate that somebody else signed does not open the broker."""
    _make_certificates(tmp_path / "forged", "signalctl")
    with pytest.raises(aiomqtt.MqttError):
        async with broker.client("signalctl", tmp_path / "forged"):
            pytest.fail("the broker trusted a forged certificate")


async def test_the_internal_broker_passes_messages(require_program: Callable[[str], str], tmp_path: Path) -> None:
    """The broker of compose.yaml starts with its file and serves anybody in its network."""
    port = own_port()
    config = tmp_path / "internal.conf"
    shipped = (DEPLOY / "mosquitto" / "internal.conf").read_text()
    config.write_text(shipped.replace("listener 1883", f"listener {port} 127.0.0.1"))
    with _mosquitto(require_program("mosquitto"), config, port):
        async with aiomqtt.Client("127.0.0.1", port) as client:
            await client.subscribe(OWN_LOOP, qos=1)
            await client.publish(OWN_LOOP, b"{}", qos=1)
            first = await anext(aiter(client.messages))
    assert first.payload == b"{}"
