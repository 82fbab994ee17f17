"""A product that lives, on an empty database: two bases, 40 studios, 30 tenants, three closed months, one claim."""
