"""Only what pyproject.toml cannot say: packages are discovered, and the top-level folder weights/ is one of them."""

from pathlib import Path

from setuptools import find_packages, setup

weights = ["iimt_weights"] if Path("weights").is_dir() else []  # a clone may come without
setup(
    packages=[*find_packages(include=["iimt_cli", "iimt_cli.*"]), *weights],
    package_dir={"iimt_weights": "weights"},
)
