"""`manage.py` with the settings of the test run, for checks that need no installation."""

import os
import sys

import tests.environment  # noqa: F401  (sets the process environment first)

os.environ["DJANGO_SETTINGS_MODULE"] = "releasemgr.settings"

from django.core.management import execute_from_command_line

execute_from_command_line(sys.argv)
