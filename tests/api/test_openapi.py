"""The OpenAPI document says of everything what it means, and shows what it looks like; what it shows is true."""

import importlib
import pkgutil
from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask
from pydantic import BaseModel

from shared_base import api
from shared_base.api.conventions import In, Out


def models(of: type[BaseModel]) -> Iterator[type[BaseModel]]:
    for room in pkgutil.iter_modules(api.__path__):
        importlib.import_module(f"{api.__name__}.{room.name}")
    for model in of.__subclasses__():
        yield model
        yield from models(model)


EXAMPLES = [
    pytest.param(model, shown, id=f"{model.__module__.rpartition('.')[2]}.{model.__name__}")
    for kind in (In, Out)
    for model in models(kind)
    for shown in model.model_json_schema().get("examples", [])
]


@pytest.mark.parametrize(("model", "shown"), EXAMPLES)
def test_an_example_is_what_the_api_takes_or_tells_with_nothing_left_out(
    model: type[BaseModel], shown: dict[str, Any]
) -> None:
    read = model.model_validate(shown)
    assert set(shown) <= {field.alias or name for name, field in model.model_fields.items()}
    if issubclass(model, Out):
        assert read.model_fields_set == set(model.model_fields)


@pytest.fixture
def spec(app: Flask) -> Any:
    return app.test_client().get("/api/v1/openapi.json").json


def test_every_field_and_parameter_says_what_it_means(spec: Any) -> None:
    silent = [
        f"{name}.{field}"
        for name, schema in spec["components"]["schemas"].items()
        for field, told in schema.get("properties", {}).items()
        if not told.get("description")
    ]
    silent += [
        f"{method} {path} {told['name']}"
        for path, operations in spec["paths"].items()
        for method, operation in operations.items()
        for told in operation.get("parameters", [])
        if not (told.get("description") or told["schema"].get("description"))
    ]
    assert silent == []


def test_every_body_and_answer_about_bookings_is_shown(spec: Any) -> None:
    schemas = spec["components"]["schemas"]
    bare = []
    for path, operations in spec["paths"].items():
        if {operation["tags"][0] for operation in operations.values()} & {"Claims", "Occupancy reports", "Tenancy"}:
            continue
        for method, operation in operations.items():
            bodies = [operation["requestBody"]] if "requestBody" in operation else []
            for told in (*bodies, *operation["responses"].values()):
                for content in told["content"].values():
                    name = content["schema"]["$ref"].rpartition("/")[2]
                    if not schemas[name].get("examples"):
                        bare.append((method, path, name))
    assert bare == []


def test_what_a_booking_holds_and_what_a_base_has_are_told_apart(spec: Any) -> None:
    schemas = spec["components"]["schemas"]
    assert {"HeldUnitOut", "HeldCrewOut", "HeldSampleOut", "EquipmentOut", "CrewRoleOut", "SampleOut"} <= set(schemas)
    assert "counted" in schemas["SampleOut"]["properties"]
    assert "counted" not in schemas["HeldSampleOut"]["properties"]
