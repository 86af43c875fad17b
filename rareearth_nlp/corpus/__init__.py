"""Annotated sentences: load and check them, split whole documents, hand them to training as datasets."""
