SELECT value FROM {table} WHERE partition = ?1 AND key = ?2
