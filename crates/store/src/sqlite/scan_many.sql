-- Many partitions: the rows from a partition and key on, to the end of the last partition.
SELECT partition, key, value FROM {table} WHERE (partition, key) >= (?1, ?2) AND partition <= ?3 ORDER BY partition, key
