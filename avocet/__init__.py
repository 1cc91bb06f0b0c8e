"""Avocet: text classifiers that retrain themselves at night and only replace what they provably beat."""

__version__ = "0.1.0"
