"""The router service: the brain. Open service.py first."""
