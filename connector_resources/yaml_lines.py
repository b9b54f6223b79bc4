"""A YAML file as a mapping, with the line of every setting, so that errors can name it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from connector_resources.errors import UnusableInput

_QUICK: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # an installation may lack libyaml


class Lines:
    """Where each setting stands, by its path of keys."""

    def __init__(self, found: Mapping[tuple[str, ...], int]) -> None:
        self._found = dict(found)

    def of(self, path: Sequence[str]) -> int:
        """The line (from 1) of that setting, or of the nearest thing around it."""
        parts = tuple(path)
        while parts and parts not in self._found:
            parts = parts[:-1]
        return self._found.get(parts, 1)


def load_mapping(path: Path) -> tuple[dict[str, Any], Lines]:
    """The content and its lines. Raises UnusableInput (file, line) when it is no mapping or repeats a key."""
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise UnusableInput(f"{path}: no such file") from None
    except (OSError, UnicodeDecodeError) as error:
        raise UnusableInput(f"{path}: cannot be read: {type(error).__name__}") from None
    return parse_mapping(text, path)


def parse_mapping(text: str, path: Path) -> tuple[dict[str, Any], Lines]:
    """As `load_mapping`, of a text that is at hand; `path` is what errors call it."""
    lines: dict[tuple[str, ...], int] = {}
    try:
        root = _composed(text)
        if root is not None:
            _walk(path, root, (), lines)
        content = yaml.SafeLoader("").construct_document(root) if root is not None else None
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        at = f" line {mark.line + 1}" if mark else ""
        raise UnusableInput(f"{path}{at}: not valid YAML: {error.problem or error.context}") from None
    except (yaml.YAMLError, ValueError, RecursionError):
        # an impossible date (2026-02-30) is a ValueError, a self-containing alias a RecursionError
        raise UnusableInput(f"{path}: not valid YAML") from None
    if not isinstance(content, dict):
        raise UnusableInput(f"{path} line 1: must be a mapping of settings")
    return content, Lines(lines)


def _composed(text: str) -> yaml.Node | None:
    """The text's nodes. libyaml is ten times as quick; what it refuses is reported in the words of PyYAML's own
    reader."""
    try:
        return yaml.compose(text, Loader=_QUICK)
    except yaml.YAMLError:
        return yaml.compose(text, Loader=yaml.SafeLoader)


def _walk(path: Path, node: yaml.Node, where: tuple[str, ...], lines: dict[tuple[str, ...], int]) -> None:
    lines.setdefault(where, node.start_mark.line + 1)
    if isinstance(node, yaml.SequenceNode):
        for index, item in enumerate(node.value):
            _walk(path, item, (*where, str(index)), lines)
    if not isinstance(node, yaml.MappingNode):
        return
    seen: dict[str, int] = {}
    for key, value in node.value:
        line = key.start_mark.line + 1
        if not isinstance(key, yaml.ScalarNode):
            raise UnusableInput(f"{path} line {line}: a setting's name must be plain text")
        name = str(key.value)
        # YAML itself would let the later one win without a word
        if name in seen:
            raise UnusableInput(f"{path} line {line}: {name} stands already in line {seen[name]}")
        seen[name] = line
        lines[(*where, name)] = line
        _walk(path, value, (*where, name), lines)
