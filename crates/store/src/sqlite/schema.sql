-- Format 1. One table per space; the last key column order follows how rows are written: see the comments.
CREATE TABLE meta        (partition INTEGER NOT NULL, key BLOB NOT NULL, value BLOB NOT NULL, PRIMARY KEY (partition, key)) WITHOUT ROWID;
CREATE TABLE current_run (partition INTEGER NOT NULL, key BLOB NOT NULL, value BLOB NOT NULL, PRIMARY KEY (partition, key)) WITHOUT ROWID;
CREATE TABLE node        (partition INTEGER NOT NULL, key BLOB NOT NULL, value BLOB NOT NULL, PRIMARY KEY (partition, key)) WITHOUT ROWID;
CREATE TABLE snapshot    (partition INTEGER NOT NULL, key BLOB NOT NULL, value BLOB NOT NULL, PRIMARY KEY (partition, key)) WITHOUT ROWID;
CREATE TABLE dispatch    (partition INTEGER NOT NULL, key BLOB NOT NULL, value BLOB NOT NULL, PRIMARY KEY (partition, key)) WITHOUT ROWID;
CREATE TABLE timer       (partition INTEGER NOT NULL, key BLOB NOT NULL, value BLOB NOT NULL, PRIMARY KEY (partition, key)) WITHOUT ROWID;
CREATE TABLE visibility  (partition INTEGER NOT NULL, key BLOB NOT NULL, value BLOB NOT NULL, PRIMARY KEY (partition, key)) WITHOUT ROWID;
