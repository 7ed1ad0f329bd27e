"""Who may sign in. A shop of your own keeps them in its database."""

from __future__ import annotations

from flask import Flask
from flask_login import LoginManager
from flask_login import UserMixin
from flask_login import current_user
from werkzeug.security import check_password_hash
from werkzeug.security import generate_password_hash

PASSWORDS = {"ada": generate_password_hash("sencha"), "bob": generate_password_hash("assam")}


class User(UserMixin):
    def __init__(self, name: str) -> None:
        self.id = name


def find(name: str) -> User | None:
    return User(name) if name in PASSWORDS else None


def check(name: str, password: str) -> User | None:
    """The user, if that is the password."""
    return User(name) if check_password_hash(PASSWORDS.get(name, ""), password) else None


def init_app(app: Flask) -> None:
    # Its context processor looks into the session for each template, and no page could be rendered ahead.
    manager = LoginManager(app, add_context_processor=False)
    app.jinja_env.globals["current_user"] = current_user
    manager.user_loader(find)
    manager.login_view = "shop.sign_in_page"
