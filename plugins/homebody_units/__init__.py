"""To be written."""

from homebody.skill import Registry


def register(registry: Registry) -> None:
    """Offer this plugin's skills."""
