DELETE FROM visibility_attribute
WHERE area = ?1 AND name = ?2 AND value = ?3 AND closed = ?4 AND started = ?5 AND row = ?6
