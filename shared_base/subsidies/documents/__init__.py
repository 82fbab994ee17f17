"""What a claim looks like on paper and in a spreadsheet: JSON in, bytes out, no database."""
