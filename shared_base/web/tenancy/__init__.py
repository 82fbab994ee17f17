"""Pages of who may use a base: tenants, hosts, leases and the rent paid for them."""

from shared_base.web.tenancy import hosts, leases, payments, tenants

blueprints = (tenants.bp, hosts.bp, leases.bp, payments.bp)
