"""The plan of the house: which module may import which. The imports are parsed, those inside functions too."""

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGE = "iimt_cli"
Graph = dict[str, set[str]]
MOST_LINES_OF_A_FUNCTION = 80
MOST_LINES_OF_A_MODULE = 400

# From the ground up. A module imports from its own package and from floors below its own, never from beside or above.
# The longest name that fits a module counts.
FLOORS: tuple[tuple[str, ...], ...] = (
    ("", "errors", "clock", "loading", "tuning", "presets", "language.alphabet"),
    ("data.text", "toml"),
    ("language",),
    ("writing", "memory", "config", "formats"),
    ("weights",),
    ("page", "model", "data"),
    ("translation", "documents"),
    ("systems", "evaluation", "view"),
    ("training", "runs"),
    ("line", "paper", "benchmark", "serve"),
    ("cli",),
    ("__main__",),
)
INFERENCE = ("translation", "model", "page", "language")
NOT_FOR_INFERENCE = (
    "training",
    "paper",
    "line",
    "cli",
    "evaluation",
    "runs",
    "benchmark",
    "data.synthesize",
    "data.render",
)
WITHOUT_TORCH = ("page", "language")
ROOMS_OF_THE_PAGE = ("files", "ink", "layout", "typeset")  # each imports from those before it


def modules(root: Path) -> dict[str, Path]:
    """Every module under `root`, by its name without the package's: "" for the package itself."""
    names = {path.relative_to(root).with_suffix(""): path for path in root.rglob("*.py")}
    return {".".join(name.parts).removesuffix("__init__").rstrip("."): path for name, path in names.items()}


def imports(path: Path, package: str) -> Iterator[str]:
    """The full names that a module imports, wherever the statement stands. Relative imports are refused."""

    if path.parent.name == package and path.name == "__init__.py":
        return  # the face of the package names all floors, and imports nothing before it is asked to
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, f"{path}: imports are written from {package} on"
            assert node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def imported(root: Path) -> tuple[Graph, Graph]:
    """(modules of the package that each module imports, packages outside it that each imports)."""
    inside: Graph = {}
    outside: Graph = {}
    known = modules(root)
    for module, path in known.items():
        inside[module], outside[module] = set(), set()
        for full in imports(path, root.name):
            top, _, name = full.partition(".")
            if top != root.name:
                outside[module].add(top)
                continue
            while name not in known:  # a name in a module
                name = name.rpartition(".")[0]
            inside[module].add(name)
    return inside, outside


def longer_than_allowed(module: str, path: Path) -> Iterator[str]:
    """The names of what is too long in a module: functions, and the module itself."""
    text = path.read_text(encoding="utf-8")
    if len(text.splitlines()) > MOST_LINES_OF_A_MODULE:
        yield module
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            assert node.end_lineno
            if node.end_lineno - node.lineno + 1 > MOST_LINES_OF_A_FUNCTION:
                yield f"{module}.{node.name}"


def within(module: str, *packages: str) -> bool:
    return any(module == package or module.startswith(f"{package}.") for package in packages)


def cycle(graph: Graph) -> list[str]:
    """The modules of one circle of imports; empty if there is none."""
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        return error.args[1]
    return []


def reached(graph: Graph, start: str) -> set[str]:
    """All that importing a module imports in the end, the packages that they lie in too."""
    seen: set[str] = set()
    todo = [start]
    while todo:
        if (module := todo.pop()) not in seen:
            seen.add(module)
            todo += graph.get(module, ())
            todo.append(module.rpartition(".")[0])
    return seen


def place(module: str) -> tuple[int, str]:
    """(floor, room) of a module."""
    rooms = [(len(name), floor, name) for floor, names in enumerate(FLOORS) for name in names]
    fitting = [room for room in rooms if module == room[2] or (room[2] and within(module, room[2]))]
    assert fitting, f"{module} is on no floor: say in FLOORS where it belongs"
    _, floor, room = max(fitting)
    return floor, room


def upward(graph: Graph) -> list[str]:
    """The imports that do not lead down."""
    found = []
    for module, others in graph.items():
        floor, room = place(module)
        for other in others:
            below, room_below = place(other)
            if room != room_below and below >= floor:
                found.append(f"{module} (floor {floor}) imports {other} (floor {below})")
    return sorted(found)


INSIDE, OUTSIDE = imported(ROOT / PACKAGE)


def test_the_whole_package_is_looked_at() -> None:
    assert {"", "page.page", "model.translatotron", "cli.app", "training.loop"} <= set(INSIDE)
    assert "translation.translator" in INSIDE["line"], "an import in a function counts"
    assert "torch" in OUTSIDE["model.translatotron"]


def test_no_module_imports_itself_in_the_end() -> None:
    assert cycle(INSIDE) == []


def test_imports_lead_from_each_floor_down() -> None:
    assert upward(INSIDE) == []


@pytest.mark.parametrize("room", INFERENCE)
def test_what_translates_does_not_know_what_trains(room: str) -> None:
    wrong = {
        module: sorted(known)
        for module in INSIDE
        if within(module, room)
        and (known := {m for m in reached(INSIDE, module) if within(m, *NOT_FOR_INFERENCE)})
    }
    assert wrong == {}


@pytest.mark.parametrize("room", WITHOUT_TORCH)
def test_pixels_and_languages_need_no_torch(room: str) -> None:
    wrong = [
        module
        for module in INSIDE
        if within(module, room) and any("torch" in OUTSIDE.get(m, ()) for m in reached(INSIDE, module))
    ]
    assert wrong == []


@pytest.mark.parametrize(
    ("module", "without"),
    [
        ("", ("torch", "numpy", "typer")),
        ("page.page", ("torch",)),
        ("language", ("torch",)),
        ("translation.result", ("torch",)),
        ("cli.app", ("torch", "numpy")),
        ("runs.translate", ("torch", "cv2")),  # a wrong name is told at once
    ],
)
def test_importing_it_leaves_out_what_takes_time(module: str, without: tuple[str, ...]) -> None:
    name = f"{PACKAGE}.{module}".rstrip(".")
    code = f"import sys, {name}; print([name for name in {without} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_the_wing_for_whole_pictures_can_be_taken_out() -> None:
    visitors = [
        module
        for module in INSIDE
        if not within(module, "paper") and any(within(m, "paper") for m in INSIDE[module])
    ]
    assert visitors == []


def test_functions_and_modules_are_short() -> None:
    found = {
        name for module, path in modules(ROOT / PACKAGE).items() for name in longer_than_allowed(module, path)
    }
    assert found == set()


def test_what_is_too_long_is_named(tmp_path: Path) -> None:
    path = tmp_path / "long.py"
    path.write_text("def short():\n" + 79 * "    x = 1\n" + "def long():\n" + 80 * "    x = 1\n")
    assert list(longer_than_allowed("long", path)) == ["long.long"]
    path.write_text(401 * "x = 1\n")
    assert list(longer_than_allowed("long", path)) == ["long"]


def test_a_house_built_wrongly_is_told(tmp_path: Path) -> None:
    house = tmp_path / "house"
    files = {
        "__init__": "",
        "model/__init__": "",
        "model/net": "def load():\n    from house.training.loop import steps",
        "training/loop": "import torch\nfrom house.model import net",
        "page/page": "from house.model import net",
    }
    for name, text in files.items():
        (house / name).parent.mkdir(parents=True, exist_ok=True)
        (house / f"{name}.py").write_text(text)
    inside, outside = imported(house)
    assert set(cycle(inside)) == {"model.net", "training.loop"}
    wrong = [re.sub(r" \(floor \d\)", "", line) for line in upward(inside)]
    assert wrong == ["model.net imports training.loop", "page.page imports model.net"]
    assert "torch" in outside["training.loop"] and "training.loop" in reached(inside, "page.page")


def test_the_rooms_of_the_page_lie_in_a_row() -> None:
    order = {f"page.{room}": number for number, room in enumerate(ROOMS_OF_THE_PAGE)}
    for module, others in INSIDE.items():
        if not within(module, "page") or module in ("page", "page.page", "page.again"):
            continue
        own = order.get(module.rpartition(".")[0], -1)  # -1: the values in the folder itself
        above = {other for other in others if order.get(other.rpartition(".")[0], -1) > own}
        assert not above, f"{module} imports from rooms above its own: {sorted(above)}"
