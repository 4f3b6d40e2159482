"""The rows of table.toml."""

import os
import tomllib
from dataclasses import dataclass, field

HERE = os.path.dirname(os.path.abspath(__file__))


@dataclass(frozen=True)
class Setting:
    setting: str
    quote: str
    source: str


@dataclass(frozen=True)
class Peer:
    name: str
    version: str
    language: str
    engine: str
    wire: str
    install: str
    folder: str
    command: list[str]
    single: str
    start_seconds: int
    batch: str = ""
    quick: bool = False
    environment: dict[str, str] = field(default_factory=dict)
    bar: float = 0
    settings: list[Setting] = field(default_factory=list)


def read() -> list[Peer]:
    with open(os.path.join(HERE, "table.toml"), "rb") as file:
        rows = tomllib.load(file)["peer"]
    return [Peer(**{**row, "settings": [Setting(**setting) for setting in row.get("settings", [])]}) for row in rows]
