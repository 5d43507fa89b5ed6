INSERT INTO visibility (partition, key, area, workflow_id, workflow_type, status, started, closed, value)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)
ON CONFLICT (partition, key) DO NOTHING
