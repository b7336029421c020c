"""Figures, side by side with a bare starlette route in the same run. Never part of a test."""
