DROP FUNCTION longest_transaction_seconds();
