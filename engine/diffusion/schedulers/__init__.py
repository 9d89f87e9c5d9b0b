"""Noise schedulers: one solver a file, each a frozen configuration that starts runs."""
