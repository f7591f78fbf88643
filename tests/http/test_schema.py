"""The description of the API: valid OpenAPI 3.1, and what it says holds for whatever it lets one send."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest

import api.answer_types as told
import api.http.answers as described
from tests.http.calls import NOBODY, NOTHING, calling
from tests.http.test_errors import METHODS
from tests.service.postgres import kept_in
from tests.service.running import Running, running

if TYPE_CHECKING:
    from collections.abc import Iterator

EXAMPLES = 60  # of each operation


@pytest.fixture(scope="module", params=["sqlite", pytest.param("postgresql", marks=pytest.mark.slow)])
def server(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A server without a worker that takes any number of runs."""
    limits = {"AMPACITY_QUEUED_PER_KEY": "1000000"}
    with (
        kept_in(request.param) as where,
        running("serve", tmp_path_factory.mktemp("data"), "--slots", "0", settings=limits | where) as found,
    ):
        yield found


def test_the_description_names_every_endpoint(server: Running) -> None:
    """Those that the tests know, with their methods, and an answer for each."""
    with calling(server) as client:
        document = client.get("/openapi.json").json()
    described = {path: {method.upper() for method in methods} for path, methods in document["paths"].items()}
    known = {
        path.replace(NOTHING, "{sha256}").replace(NOBODY, "{run}").replace("schema/plan", "schema/{what}"): methods
        for path, methods in METHODS.items()
        if path != "/openapi.json"
    }
    assert described == {path: set(methods.split()) for path, methods in known.items()}
    for methods in document["paths"].values():
        for operation in methods.values():
            for status, answer in operation["responses"].items():
                assert answer.get("content") or status in ("204", "304"), operation["operationId"]


@pytest.mark.parametrize(
    ("told", "described"),
    [
        (told.RunInfo, described.RunAnswer),
        (told.InstanceInfo, described.InstanceEntry),
        (told.ProblemInfo, described.Remark),
        (told.Validation, described.ValidateAnswer),
        (told.Checked, described.CheckAnswer),
    ],
)
def test_the_types_of_the_client_are_those_of_the_description(told: Any, described: Any) -> None:
    """The client needs nothing of the service, so both say what an answer holds; with the same fields."""
    assert set(told.__annotations__) == set(described.model_fields)


@pytest.mark.slow
def test_whatever_the_description_allows_is_answered_as_it_says(server: Running) -> None:
    """Schemathesis: no 5xx, statuses, content types, headers and documents as described; the event stream excepted."""
    import schemathesis
    from hypothesis import HealthCheck, Phase, given, settings
    from schemathesis.checks import not_a_server_error
    from schemathesis.specs.openapi.checks import (
        content_type_conformance,
        response_headers_conformance,
        response_schema_conformance,
        status_code_conformance,
        unsupported_method,
    )

    checks = [
        not_a_server_error,
        content_type_conformance,
        response_headers_conformance,
        response_schema_conformance,
        status_code_conformance,
        unsupported_method,
    ]
    schema = schemathesis.openapi.from_url(f"{server.url}/openapi.json").exclude(path_regex="/events$|/readyz$")
    statuses = Counter[int]()
    for found in schema.get_all_operations():
        operation = found.ok()  # type: ignore[union-attr]

        @settings(
            max_examples=EXAMPLES,
            deadline=None,
            database=None,
            derandomize=True,
            phases=[Phase.explicit, Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        @given(case=operation.as_strategy())
        def ask(case: Any) -> None:
            statuses[case.call_and_validate(checks=checks, timeout=60).status_code] += 1

        ask()
    assert {200, 404, 422} <= set(statuses)
    assert statuses.total() > 400, statuses
    with calling(server) as client:
        assert client.get("/healthz").status_code == 200
