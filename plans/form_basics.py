"""What all parts of a site file's form share: exact types, names, numbers with their bounds."""

from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from plans.junction import GroupKind, Mode, Turn


def as_written(value: Any) -> Any:
    """A name that looks like a number is still a name."""
    return getattr(value, "text", value)


Text = Annotated[str, BeforeValidator(as_written)]
# junction and detector names become MQTT topic levels, and names are joined by slashes in findings
Name = Annotated[str, BeforeValidator(as_written), Field(pattern=r"^[^/+#\s]+$", max_length=120)]
Lenient = Field(strict=False)
Seconds = Annotated[int, Field(ge=0, le=3600)]
Positive = Annotated[float, Field(gt=0, allow_inf_nan=False)]
NotNegative = Annotated[float, Field(ge=0, allow_inf_nan=False)]
Finite = Annotated[float, Field(allow_inf_nan=False)]
Port = Annotated[int, Field(ge=1, le=65535)]
LaneName = Annotated[str, BeforeValidator(as_written), Field(min_length=1)]
KindField = Annotated[GroupKind, Lenient]
TurnField = Annotated[Turn, Lenient]
ModeField = Annotated[Mode, Lenient]


class Form(BaseModel):
    """What all parts of a site file share: exact types, no unknown fields."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)
