"""The application: `python -X directives -m flask --app shop.app run`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from flask import Flask
from flask_wtf import CSRFProtect

from directives.integrations.flask import Directives

from . import database
from . import pages
from . import users


def create_app(**config: Any) -> Flask:
    """Make it; `FLASK_SECRET_KEY` and the like set what is set here, too."""
    app = Flask("shop")
    app.config.from_mapping(SECRET_KEY="for trying out alone", DATABASE=str(Path("shop.db").absolute()))
    app.config.from_prefixed_env()
    app.config.update(config)
    Directives(app)
    CSRFProtect(app)
    database.init_app(app)
    users.init_app(app)
    app.register_blueprint(pages.blueprint)
    return app
