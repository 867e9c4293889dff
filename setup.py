"""Finds the rooms of the package; everything else stands in setup.cfg."""

from setuptools import find_packages, setup

setup(packages=[*find_packages(include=["social_guard", "social_guard.*"]), "social_guard.default_model"])
