-- For tests: a database of format 3, as far as it was different.
DROP TABLE visibility;
DROP TABLE visibility_attribute;
DROP TABLE visibility_namespace;
DROP TABLE visibility_name;
CREATE TABLE visibility (
    partition INTEGER NOT NULL, key BLOB NOT NULL, value BLOB NOT NULL,
    PRIMARY KEY (partition, key)
) WITHOUT ROWID;
PRAGMA user_version = 3;
