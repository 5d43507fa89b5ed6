-- One table per space, and one for the log. Format 2 was without `commit_log`; up to format 3, `visibility` was a table
-- like these: see `visibility/schema.sql` for what it is now. Run on every database of an older format.
--
-- Runs that are open at the same time lie in many partitions, but their ids (and often their workflows' ids) are
-- neighbours. Where the key begins with one of these it comes first in the primary key, so that the rows of one commit
-- share pages: measured, a fifth of the bytes and half of the processor time. Where owners scan all of their partitions,
-- the partition comes first.
CREATE TABLE IF NOT EXISTS meta (
    partition INTEGER NOT NULL, key BLOB NOT NULL, value BLOB NOT NULL,
    PRIMARY KEY (partition, key)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS current_run (
    partition INTEGER NOT NULL, key BLOB NOT NULL, value BLOB NOT NULL,
    PRIMARY KEY (key, partition)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS node (
    partition INTEGER NOT NULL, key BLOB NOT NULL, value BLOB NOT NULL,
    PRIMARY KEY (key, partition)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS snapshot (
    partition INTEGER NOT NULL, key BLOB NOT NULL, value BLOB NOT NULL,
    PRIMARY KEY (key, partition)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS dispatch (
    partition INTEGER NOT NULL, key BLOB NOT NULL, value BLOB NOT NULL,
    PRIMARY KEY (partition, key)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS timer (
    partition INTEGER NOT NULL, key BLOB NOT NULL, value BLOB NOT NULL,
    PRIMARY KEY (partition, key)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS retention (
    partition INTEGER NOT NULL, key BLOB NOT NULL, value BLOB NOT NULL,
    PRIMARY KEY (partition, key)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS outbound (
    partition INTEGER NOT NULL, key BLOB NOT NULL, value BLOB NOT NULL,
    PRIMARY KEY (partition, key)
) WITHOUT ROWID;

-- One row: the number of the newest group of the log that is in here, and whether newer ones may be in the log.
CREATE TABLE IF NOT EXISTS commit_log (
    only_row INTEGER PRIMARY KEY CHECK (only_row = 0), moved INTEGER NOT NULL, open INTEGER NOT NULL
);
INSERT OR IGNORE INTO commit_log VALUES (0, 0, 0);
