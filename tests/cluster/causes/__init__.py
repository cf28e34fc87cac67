"""Makers of causes: each one makes a job on a real cluster that cannot go on, for a reason of its own."""

from .catalogue import CAUSES
from .place import Cause, Place

__all__ = ["CAUSES", "Cause", "Place"]
