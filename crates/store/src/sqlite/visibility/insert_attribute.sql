INSERT OR IGNORE INTO visibility_attribute (area, name, value, closed, started, row) VALUES (?1, ?2, ?3, ?4, ?5, ?6)
