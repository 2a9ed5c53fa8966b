"""People's data: kept no longer than said, exported, erased."""
