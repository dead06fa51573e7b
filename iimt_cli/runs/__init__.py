"""Runs over files and folders: which pictures, in what order, by which process, and what became of each."""
