-- Rows of lists. `area` is twice the number of the namespace, and one more for what is in a division of it. `closed` is
-- the greatest number while the run is open.
CREATE TABLE IF NOT EXISTS visibility (
    row INTEGER PRIMARY KEY,
    partition INTEGER NOT NULL, key BLOB NOT NULL,
    area INTEGER NOT NULL, workflow_id TEXT NOT NULL, workflow_type TEXT NOT NULL, status INTEGER NOT NULL,
    started INTEGER NOT NULL, closed INTEGER NOT NULL,
    value BLOB NOT NULL,
    UNIQUE (partition, key)
);
CREATE INDEX IF NOT EXISTS visibility_newest ON visibility (area, closed DESC, started DESC);
CREATE INDEX IF NOT EXISTS visibility_started ON visibility (area, started DESC);
CREATE INDEX IF NOT EXISTS visibility_workflow ON visibility (area, workflow_id, closed DESC, started DESC);
CREATE INDEX IF NOT EXISTS visibility_type ON visibility (area, workflow_type, status, closed DESC, started DESC);
CREATE INDEX IF NOT EXISTS visibility_status ON visibility (area, status, closed DESC, started DESC);

-- Namespaces have 16 bytes, and names of attributes many: entries of indexes have their numbers instead.
CREATE TABLE IF NOT EXISTS visibility_namespace (number INTEGER PRIMARY KEY, id BLOB NOT NULL UNIQUE);
CREATE TABLE IF NOT EXISTS visibility_name (
    number INTEGER PRIMARY KEY, kind INTEGER NOT NULL, name TEXT NOT NULL, UNIQUE (kind, name)
);

-- Values of search attributes, of every word of a text, of every element of a list.
CREATE TABLE IF NOT EXISTS visibility_attribute (
    area INTEGER NOT NULL, name INTEGER NOT NULL, value NOT NULL, closed INTEGER NOT NULL, started INTEGER NOT NULL,
    row INTEGER NOT NULL,
    PRIMARY KEY (area, name, value, closed DESC, started DESC, row)
) WITHOUT ROWID;
