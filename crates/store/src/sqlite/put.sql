INSERT INTO {table} (partition, key, value) VALUES (?1, ?2, ?3)
ON CONFLICT (partition, key) DO UPDATE SET value = excluded.value
