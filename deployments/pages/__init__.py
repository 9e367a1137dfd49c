"""Task pages, views of the one admin site."""
