"""Translating pictures: whole ones or line by line, what is left alone, and how strips share batches."""
