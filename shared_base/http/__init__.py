"""What pages and the JSON API share: the session, transactions, guards, the caller, languages, problems."""
