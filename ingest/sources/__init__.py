"""Where papers come from: files here; services have a module each."""

from .files import FileFormat, SourceFile, find_files

__all__ = ["FileFormat", "SourceFile", "find_files"]
