"""Why a message did not leave, as far as it decides what happens next."""


class DeliveryError(Exception):
    """It did not leave and may later: it is tried again."""


class Unreachable(DeliveryError):
    """The way out is closed (server down, refused sign-in): the other messages need not try now either."""


class Rejected(DeliveryError):
    """It will never be taken (no such mailbox): trying again is useless."""
