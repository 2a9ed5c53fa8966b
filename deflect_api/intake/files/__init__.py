"""The files of a request: named, checked, cleaned, kept and swept."""
