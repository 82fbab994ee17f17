"""Bundled files: `asset("app.js")` is the address of the build's content-hashed file."""

import json
from functools import lru_cache
from pathlib import Path

from flask import Flask, Response, request, url_for


@lru_cache(maxsize=8)
def _manifest(path: Path, changed: float) -> dict[str, str]:
    names: dict[str, str] = json.loads(path.read_text("utf-8"))
    return names


def init_app(app: Flask) -> None:
    dist = Path(str(app.static_folder)) / "dist"

    def asset(name: str) -> str:
        path = dist / "manifest.json"
        try:
            hashed = _manifest(path, path.stat().st_mtime)[name]
        except (OSError, KeyError):
            # the page works without its bundle; `make setup` builds it
            hashed = name
        return url_for("static", filename=f"dist/{hashed}")

    def keep_hashed_files(response: Response) -> Response:
        if request.endpoint == "static" and "/dist/" in request.path and response.status_code == 200:
            response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
        return response

    app.add_template_global(asset)
    app.after_request(keep_hashed_files)
