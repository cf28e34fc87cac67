"""Servers asked over HTTP: who we are to them, what they send, and what they refuse."""
