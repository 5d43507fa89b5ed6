UPDATE visibility
SET area = ?2, workflow_id = ?3, workflow_type = ?4, status = ?5, started = ?6, closed = ?7, value = ?8
WHERE row = ?1
