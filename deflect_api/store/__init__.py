"""What is kept: the tables, the database and its migrations. Nothing here knows why."""
