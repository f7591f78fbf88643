"""Bodies as OpenAPI describes them; the examples are instances of the project."""

from __future__ import annotations

import json
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from api.http import bodies
from api.http.context import JSON, ZIP

if TYPE_CHECKING:
    from collections.abc import Callable

    from models.values import Tree

STARTER = "starter.yaml"


@cache
def example_instance() -> dict[str, Any]:
    """The instance that `ampacity init` writes, as JSON."""
    from models.files import read_instance
    from models.instance import canonical

    loaded = read_instance((files("instances") / STARTER).read_bytes(), STARTER)
    return dict(json.loads(canonical(loaded.instance)))


EMPTY_PLAN: dict[str, Any] = {"schema": "ampacity/plan/1"}
RUN = "0123456789abcdef0123"


def _body(kind: type[Tree], description: str) -> dict[str, Any]:
    schema = kind.model_json_schema(ref_template="#/components/schemas/{model}")
    schema.pop("$defs", None)
    return {"requestBody": {"required": True, "description": description, "content": {JSON: {"schema": schema}}}}


RUN_BODY = _body(bodies.RunBody, "exactly one of an instance and the hash of one")
VALIDATE_BODY = _body(bodies.ValidateBody, "exactly one of an instance and the hash of one")
PLAN_BODY = _body(bodies.PlanBody, "a plan, and exactly one of an instance and the hash of one")
COMPARE_BODY = _body(bodies.CompareBody, "the ids of two runs")
INSTANCE_BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "description": "an instance",
        "content": {
            JSON: {"schema": {"type": "object"}},
            ZIP: {"schema": {"type": "string", "format": "binary", "description": "CSV tables"}},
        },
    }
}
EXAMPLES: dict[tuple[str, str], Callable[[], dict[str, Any]]] = {
    ("/v1/instances", "post"): example_instance,
    ("/v1/validate", "post"): lambda: {"instance": example_instance()},
    ("/v1/check", "post"): lambda: {"instance": example_instance(), "plan": EMPTY_PLAN},
    ("/v1/report", "post"): lambda: {"instance": example_instance(), "plan": EMPTY_PLAN},
    ("/v1/compare", "post"): lambda: {"a": RUN, "b": RUN},
    ("/v1/runs", "post"): lambda: {"instance": example_instance(), "options": {"time_limit_seconds": 60, "gap": 0.01}},
}
