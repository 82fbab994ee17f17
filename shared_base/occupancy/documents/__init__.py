"""What a month report looks like on paper and in a spreadsheet: JSON in, bytes out, no database."""
