"""Commands of the service, which need the extra `server`."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from api.cli.app import Form, app
from api.cli.output import emit, guarded
from models.errors import InputError, Problem

DataDir = Annotated[Path | None, typer.Option(help="folder of the database; ampacity-data unless set")]
NEEDED = ("fastapi", "sqlalchemy", "pydantic_settings", "structlog", "uvicorn", "prometheus_client")


class ScopeName(StrEnum):
    """What a key may do, as `api.service.keys` knows it, which needs the extra."""

    READ = "read"
    SUBMIT = "submit"
    ADMIN = "admin"


keys = typer.Typer(help="Make, list and revoke API keys.", no_args_is_help=True)
app.add_typer(keys, name="keys")


@app.command(short_help="Serve the API over HTTP.")
def serve(
    host: Annotated[str | None, typer.Option(help="address to listen on; 127.0.0.1 unless set")] = None,
    port: Annotated[int | None, typer.Option(min=0, max=65535, help="8080 unless set; 0: any that is free")] = None,
    data_dir: DataDir = None,
    slots: Annotated[int | None, typer.Option(min=0, max=1024, help="runs at once; 0: leave them to workers")] = None,
) -> None:
    """Serve the API over HTTP; every setting is in docs/operations.md."""
    with guarded("text"):
        _refuse_without_server()
        from api.cli.serving import serve as run

        run({"host": host, "port": port, "data_dir": data_dir, "slots": slots})


@app.command(short_help="Carry out the runs of a service.")
def worker(
    data_dir: DataDir = None,
    slots: Annotated[int | None, typer.Option(min=1, max=1024, help="runs at once; half the cores unless set")] = None,
) -> None:
    """Carry out the runs of a service, beside its server or on other machines."""
    with guarded("text"):
        _refuse_without_server()
        from api.cli.serving import work

        work({"data_dir": data_dir, "slots": slots})


@keys.command("make")
def make(
    name: Annotated[str, typer.Argument(metavar="NAME", help="who uses it", show_default=False)],
    scope: Annotated[list[ScopeName], typer.Option(help="may be given again; admin has all")],
    data_dir: DataDir = None,
    form: Form = "text",
) -> None:
    """Make a key and show it, once."""
    with guarded(form):
        _refuse_without_server()
        from api.cli.serving import make_key

        if not name.isprintable() or len(name) > 100:
            rule = "is longer than 100 characters, or holds one that cannot be printed"
            raise InputError([Problem("NAME", name, rule, "name who uses the key")])
        found = make_key({"data_dir": data_dir}, name, [one.value for one in scope])
        emit(found, form, lambda: f"{found['key']}\nkey {found['id']} of {name}; it is shown this once\n")


@keys.command("list")
def list_(data_dir: DataDir = None, form: Form = "text") -> None:
    """List the keys; nobody can show a key again."""
    with guarded(form):
        _refuse_without_server()
        from api.cli.serving import list_keys

        found = list_keys({"data_dir": data_dir})
        emit(found, form, lambda: "".join(_line(key) for key in found) or "no keys\n")


@keys.command()
def revoke(
    key: Annotated[str, typer.Argument(metavar="KEY", help="id of a key, as listed", show_default=False)],
    data_dir: DataDir = None,
    form: Form = "text",
) -> None:
    """Make a key useless from the next request on."""
    with guarded(form):
        _refuse_without_server()
        from api.cli.serving import revoke_key

        found = revoke_key({"data_dir": data_dir}, key)
        emit(found, form, lambda: f"key {key}: revoked\n")


def _line(key: dict[str, Any]) -> str:
    end = f", revoked {key['revoked_at']}" if key["revoked_at"] else ""
    return f"{key['id']} {key['name']}: {', '.join(key['scopes'])}; made {key['created_at']}{end}\n"


def _refuse_without_server() -> None:
    from importlib.util import find_spec  # takes as long as all of this module, which every command waits for

    missing = [name for name in NEEDED if find_spec(name) is None]
    if missing:
        rule = f"needs packages that are not installed: {', '.join(missing)}"
        raise InputError([Problem("", None, rule, "pip install 'ampacity[server]'", "the service")])
