"""Calendars (RFC 5545): bookings as iCalendar feeds and attachments, and series read from an .ics."""
