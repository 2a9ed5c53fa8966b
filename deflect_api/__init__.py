"""Deflect: the support portal's service."""
