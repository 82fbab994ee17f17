"""Plain builders of rows: whatever a test does not say has a sensible default. They flush and never commit."""
