"""Pages about the running system and the reader's own choices: alive, ready, language, base."""

from shared_base.web.system import choices, health

blueprints = (health.bp, choices.bp)
