-- How long the longest transaction is open. Postgres shows it to the role whose transaction it is and
-- to those above it, which the role of web and workers is not: it asks the owner, for this number alone.

CREATE FUNCTION longest_transaction_seconds() RETURNS double precision
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
    SELECT coalesce(max(extract(epoch FROM now() - a.xact_start)), 0)::double precision
    FROM pg_catalog.pg_stat_activity AS a
    WHERE a.datname = current_database() AND a.backend_type = 'client backend'
$$;

COMMENT ON FUNCTION longest_transaction_seconds() IS 'How many seconds the longest transaction in this database is open.';
