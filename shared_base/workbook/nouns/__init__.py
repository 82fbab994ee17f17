"""How each sheet's rows are stored: what is there already, what is new, what is corrected. One noun a file."""
