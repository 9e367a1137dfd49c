"""Doing it: flows, steps, and the runner that claims, drives and ends them."""
