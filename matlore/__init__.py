"""matlore reads the materials-science literature and ranks candidate materials, with evidence."""

from importlib.metadata import PackageNotFoundError, version

__all__ = ["__version__"]

try:
    __version__ = version("matlore")
except PackageNotFoundError:  # a bare checkout that was never installed
    __version__ = "0+unknown"
