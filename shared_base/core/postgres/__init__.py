"""The parts of the embedded PostgreSQL server; `shared_base.core.embedded_postgres` puts them together."""
