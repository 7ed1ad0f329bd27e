"""Forms: what a server function called by one receives, and what a page shows of one."""

from __future__ import annotations

from directives.forms.data import FormData
from directives.forms.data import Upload
from directives.forms.form import Form
from directives.forms.form import action_state
from directives.forms.form import form_of
from directives.forms.submission import FormError

__all__ = ["Form", "FormData", "FormError", "Upload", "action_state", "form_of"]
