-- One partition: the rows from before one key back to another.
SELECT partition, key, value FROM {table} WHERE partition = ?1 AND key >= ?2 AND key < ?3 ORDER BY key DESC
