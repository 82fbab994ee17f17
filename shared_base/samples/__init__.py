"""Samples (样品) as far as a booking takes them: single items, and lots that are counted."""
