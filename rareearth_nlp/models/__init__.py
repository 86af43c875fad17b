"""Classifiers: sentences and targets in, scores out."""
