"""The rim: each route parses what came, makes one call, and answers. Nothing is decided here."""
