"""What a published portal has beside its pages: what is known of each page, redirects, a feed of changes, offline copies."""
