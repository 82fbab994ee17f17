"""Pages of rent-subsidy claims and of the policies that they rest on."""

from shared_base.web.subsidies import claims, policies

blueprints = (claims.bp, policies.bp)
