"""The part of a site file's form that is about the service: broker, devices, addresses, recording."""

from typing import Annotated

from pydantic import BeforeValidator, Field

from plans.form_basics import Form, Name, Port, Text, as_written


class MqttForm(Form):
    """The broker."""

    host: Text
    port: Port = 8883
    tls: bool = True
    ca_file: Text = ""
    cert_file: Text = ""
    key_file: Text = ""
    username_env: Text = ""
    password_env: Text = ""
    client_id: Text = ""


class UplinkForm(Form):
    """A LoRaWAN device and what its reading feeds."""

    device: Annotated[str, BeforeValidator(as_written), Field(pattern="^[0-9a-f]{16}$")]
    value: Text
    junction: Name | None = None
    detector: Name | None = None
    station: Name | None = None


class WebForm(Form):
    """Where page, API and metrics listen."""

    host: Text = "127.0.0.1"
    port: Port = 8080


class RecordingForm(Form):
    """How much of the past can be replayed."""

    hours: Annotated[float, Field(ge=0, le=8784, allow_inf_nan=False)] = 48.0
    megabytes: Annotated[int, Field(ge=1)] = 2000
