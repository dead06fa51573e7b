"""Reading and writing a picture on the desktop's clipboard. Pillow reads it; programs of the desktop write it."""

import os
import shutil
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryFile

from iimt_cli.errors import IimtError

NAME = "clipboard"  # its name in messages
SYSTEM = sys.platform
PICTURE = "IIMT_PICTURE"  # environment variable in which PowerShell finds the name of the file
_POWERSHELL = (
    "Add-Type -AssemblyName System.Windows.Forms, System.Drawing; "
    f"[Windows.Forms.Clipboard]::SetImage([Drawing.Image]::FromFile($env:{PICTURE}))"
)
_APPLESCRIPT = ("on run {place}", "set the clipboard to (read POSIX file place as «class PNGf»)", "end run")


def read(folder: Path) -> Path:
    """The picture on the clipboard as a PNG in `folder`, or the file that was copied in a file manager.

    Raises IimtError if there is neither, or the clipboard cannot be read.
    """
    from PIL import Image, ImageGrab

    from iimt_cli.page.files.encode import encode_picture
    from iimt_cli.page.files.image import picture_of

    try:
        found = ImageGrab.grabclipboard()
    except NotImplementedError:
        raise IimtError(f"{NAME}: cannot be read; {_to_install()}") from None
    except Image.DecompressionBombError:
        raise IimtError(f"{NAME}: the picture is too large") from None
    except (OSError, ValueError, SyntaxError) as error:
        cause = (str(error) or type(error).__name__).splitlines()[0]
        raise IimtError(f"{NAME}: cannot be read ({cause})") from None
    if isinstance(found, list):
        if len(found) != 1:
            raise IimtError(f"{NAME}: holds {len(found)} files; copy one picture")
        return Path(found[0])
    if found is None:
        raise IimtError(f"{NAME}: holds no picture")
    picture = picture_of(found)
    path = folder / f"{NAME}.png"
    path.write_bytes(encode_picture(picture, picture.rgb, path).content)
    return path


def check_writable() -> None:
    """Raises IimtError if nothing is installed that writes to the clipboard."""
    _writer(Path())


def write(picture: Path) -> None:
    """Puts a PNG on the clipboard. Raises IimtError if that fails."""
    command = _writer(picture)
    # Output goes into a file, because the programs for Linux stay in the background and would keep a pipe open.
    with TemporaryFile() as said, picture.open("rb") as content:
        try:
            code = subprocess.run(
                command, stdin=content, stdout=subprocess.DEVNULL, stderr=said,
                env={**os.environ, PICTURE: str(picture)},
            ).returncode  # fmt: skip
        except OSError as error:
            raise IimtError(f"{NAME}: cannot be written ({command[0]}: {error.strerror})") from None
        if code:
            said.seek(0)
            lines = said.read().decode("utf-8", "replace").split("\n")
            raise IimtError(
                f"{NAME}: cannot be written ({command[0]}: {lines[0].strip() or f'exit code {code}'})"
            )


def _writer(picture: Path) -> list[str]:
    """The command that writes the clipboard. It also gets the PNG as its standard input."""
    if SYSTEM == "darwin":
        lines = [part for line in _APPLESCRIPT for part in ("-e", line)]
        command = ["osascript", *lines, str(picture)]
    elif SYSTEM == "win32":
        command = ["powershell", "-NoProfile", "-STA", "-Command", _POWERSHELL]
    else:
        # Pillow follows the same rule when it reads.
        session = "wayland" if os.getenv("WAYLAND_DISPLAY") else "x11" if os.getenv("DISPLAY") else None
        command = ["wl-copy", "--type", "image/png"]
        if session == "x11" or (session is None and not shutil.which("wl-copy")):
            command = ["xclip", "-selection", "clipboard", "-t", "image/png", "-i"]
    if not shutil.which(command[0]):
        raise IimtError(f"{NAME}: cannot be written; {_to_install()}")
    return command


def _to_install() -> str:
    if SYSTEM in ("darwin", "win32"):
        return "this needs osascript on macOS, PowerShell on Windows"
    return "install wl-clipboard (Wayland) or xclip (X11)"
