"""What a server makes of a user agent and of a file's name (servers.md 1.3)."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

_MAIN = re.compile(r"wakatime/\S*\s+\(([^)]+)\)(?:\s+(.*))?", re.IGNORECASE)
_RUNTIME = re.compile(r"(?:go|java|node|python)(?:\d.*)?|python/3.*|node/v1.*", re.IGNORECASE)
_PLUGIN = re.compile(r"[-_](?:waka|hacka)time$")
_SYSTEMS = {"win": "windows", "darwin": "macos", "mac": "macos"}
_AI_TOOLS = frozenset({"claude", "codex", "copilot", "gemini"})
_LANGUAGES = {
    ".c": "C",
    ".css": "CSS",
    ".go": "Go",
    ".html": "HTML",
    ".js": "JavaScript",
    ".json": "JSON",
    ".luau": "Luau",
    ".md": "Markdown",
    ".py": "Python",
    ".rb": "Ruby",
    ".rs": "Rust",
    ".sh": "Shell",
    ".toml": "TOML",
    ".ts": "TypeScript",
    ".txt": "Text",
    ".yml": "YAML",
}
"""A few of them: the real servers know hundreds."""


class Program(NamedTuple):
    """Editor and system, empty where a user agent does not tell."""

    editor: str
    system: str


def language_of(entity: str) -> str | None:
    """Infer a language from a file's extension."""
    dot = entity.rfind(".")
    return _LANGUAGES.get(entity[dot:].lower()) if dot >= 0 else None


@lru_cache(maxsize=256)
def program_as_hackatime(user_agent: str) -> Program:
    """Read editor and system as Hackatime's parser does, without its many exceptions."""
    main = _MAIN.fullmatch(user_agent)
    if main is None:
        # Not ours, nor a plugin's: the first product is the editor, whatever it is.
        product, _, rest = user_agent.partition(" ")
        system = "linux" if "linux" in rest.lower() else ""
        return Program(product.partition("/")[0].lower(), system)
    platform, tokens = main[1], (main[2] or "").split()
    if tokens and _RUNTIME.fullmatch(tokens[0]):
        del tokens[0]
    products = [token.partition("/")[0].lower() for token in tokens]
    editors = [product for product in products if not _PLUGIN.search(product)]
    plugins = [_PLUGIN.sub("", product) for product in products if _PLUGIN.search(product)]
    system = re.split(r"[\s)_-]", platform, maxsplit=1)[0].lower()
    system = "wsl" if "-wsl2-" in user_agent.lower() else _SYSTEMS.get(system, system)
    return Program((editors or plugins or [""])[0], system)


@lru_cache(maxsize=256)
def program_as_wakapi(user_agent: str) -> Program:
    """Read editor and system as wakapi's parser does."""
    main = _MAIN.fullmatch(user_agent)
    if main is None:
        return Program("", "")
    products = [token.partition("/")[0] for token in (main[2] or "").split() if "/" in token]
    # Of two products of which none is a plugin, the first is taken for the model of an AI.
    if len(products) > 1 and products[0] not in _AI_TOOLS and not products[1].endswith("-wakatime"):
        del products[0]
    system = re.split(r"[\s)_-]", main[1], maxsplit=1)[0].lower()
    system = "WSL" if "-WSL2-" in user_agent else _SYSTEMS.get(system, system).capitalize()
    return Program(products[0] if products else "", system)
