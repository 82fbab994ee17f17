"""Pages: one package a room, one file a resource."""

from importlib import import_module
from pkgutil import iter_modules

from flask import Flask

from shared_base.web import shell


def init_app(app: Flask) -> None:
    """Register every room's pages: each package below defines `blueprints`."""
    for module in iter_modules(__path__):
        if module.ispkg:
            try:  # TRANSITION: remove when all rooms stand
                package = import_module(f"{__name__}.{module.name}")
            except ImportError as error:
                print("web room not ready:", module.name, error)
                continue
            for blueprint in getattr(package, "blueprints", ()):
                app.register_blueprint(blueprint)
    shell.init_app(app)
