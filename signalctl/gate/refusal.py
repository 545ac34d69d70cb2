"""What the gate says instead of a safe object."""

from dataclasses import dataclass

from plans.codes import Code
from plans.timing import Finding


@dataclass(frozen=True, slots=True)
class Refusal:
    """A decision that does not pass: the rule's stable code, the element, what was expected and what came."""

    code: Code
    element: str
    expected: str
    got: str

    @classmethod
    def of(cls, finding: Finding) -> "Refusal":
        """The refusal that a broken rule leads to."""
        return cls(Code(finding.code), finding.element, finding.expected, finding.got)
