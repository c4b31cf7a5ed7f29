"""Tests of watching folders for saves."""
