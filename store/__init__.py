"""All SQL and all psycopg. A function takes a connection first and never commits."""
