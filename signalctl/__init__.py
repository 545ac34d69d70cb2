"""The adaptive traffic signal control service."""

__version__ = "0.1.0"
