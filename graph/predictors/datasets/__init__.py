"""Data to learn from: tables in files to frames of rows."""

from .frames import MIN_ROWS, FrameReport, column_values, frame_of, read_frame

__all__ = [
    "MIN_ROWS",
    "FrameReport",
    "column_values",
    "frame_of",
    "read_frame",
]
