-- Many partitions: the rows before a partition and key, back to the begin of the first partition.
SELECT partition, key, value FROM {table} WHERE (partition, key) < (?1, ?2) AND partition >= ?3
ORDER BY partition DESC, key DESC
