"""Classifying any number of rows into a file: in order, with constant memory, and gone on with where a run was killed."""
