"""Installs a peer below a folder of its own, once: a later call finds what is there."""

import contextlib
import fcntl
import hashlib
import os
import shutil
import subprocess

from peers.launched import HERE, PeerFailed, last_lines
from peers.table import Peer

# Debian's is built with profile-guided optimisation, and of the release that PyTriton's backend was built for.
PYTHON = next(path for path in ("/usr/bin/python3", shutil.which("python3")) if path and os.path.exists(path))
MODEL_SOURCES = ("model_forms.py", "payloads.py", "../workload.py", "model_forms/requirements.txt")


def run(command: list[str], environment: dict[str, str] | None = None, folder: str | None = None) -> None:
    if not shutil.which(command[0]):
        raise PeerFailed(f"{command[0]}: not found")
    done = subprocess.run(command, env={**os.environ, **(environment or {})}, cwd=folder, stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace")
    if done.returncode:
        raise PeerFailed(f"{' '.join(command)} ended with {done.returncode}:\n{last_lines(done.stdout)}")


def digest(paths: list[str], place: str) -> str:
    """Of what is installed from, and where: programs of a virtual environment name its place."""
    hashed = hashlib.sha256(f"{PYTHON} {place}".encode())
    for path in paths:
        with open(path, "rb") as file:
            hashed.update(file.read())
    return hashed.hexdigest()


def is_done(mark: str, value: str) -> bool:
    if not os.path.exists(mark):
        return False
    with open(mark) as file:
        return file.read() == value


def write(mark: str, value: str) -> None:
    with open(mark, "w") as file:
        file.write(value)


@contextlib.contextmanager
def locked(folder: str):
    """One installer at a time."""
    with open(os.path.join(folder, "lock"), "w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def install_venv(source: str, installed: str) -> None:
    requirements = os.path.join(source, "requirements.txt")
    mark, value = os.path.join(installed, "requirements.sha256"), digest([requirements], installed)
    if is_done(mark, value):
        return
    # What is half installed is not taken for whole.
    if os.path.exists(mark):
        os.remove(mark)
    venv = os.path.join(installed, "venv")
    run([PYTHON, "-m", "venv", "--clear", venv])
    run([os.path.join(venv, "bin/python"), "-m", "pip", "install", "--quiet", "--no-deps", "-r", requirements])
    write(mark, value)


def install_model(root: str) -> str:
    """The folder of the model's forms."""
    model, tools = os.path.join(root, "model"), os.path.join(root, "model_forms")
    os.makedirs(model, exist_ok=True)
    with locked(model):
        install_venv(os.path.join(HERE, "model_forms"), tools)
        mark, value = os.path.join(model, "sources.sha256"), digest([os.path.join(HERE, source) for source in MODEL_SOURCES], "")
        if not is_done(mark, value):
            run([os.path.join(tools, "venv/bin/python"), os.path.join(HERE, "model_forms.py"), model])
            write(mark, value)
    return model


def install(peer: Peer, root: str, model: str) -> str:
    """Returns the folder of what was installed."""
    source, installed = os.path.join(HERE, peer.folder), os.path.join(root, peer.folder)
    os.makedirs(installed, exist_ok=True)
    with locked(installed):
        build(peer, source, installed, model)
    return installed


def build(peer: Peer, source: str, installed: str, model: str) -> None:
    if peer.install == "venv":
        install_venv(source, installed)
    elif peer.install == "cargo":
        run(["cargo", "build", "--quiet", "--release", "--locked"],
            {"TL2CGEN_FOLDER": os.path.join(model, "tl2cgen"), "CARGO_TARGET_DIR": installed}, source)
    elif peer.install == "go":
        run(["go", "build", "-trimpath", "-o", os.path.join(installed, peer.folder), "."], None, source)
    elif peer.install != "none":
        raise ValueError(f"{peer.name}: no way to install {peer.install}")
