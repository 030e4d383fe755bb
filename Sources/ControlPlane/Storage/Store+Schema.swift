import GRDB

extension Store {
    /// The tables, by version of this program's format.
    static var migrator: DatabaseMigrator {
        var migrator = DatabaseMigrator()
        migrator.registerMigration("1") { db in
            // `replaced` is the revision that came after, NULL for the newest. `deleted` marks a deletion, whose body is
            // the last state. Names are compared as bytes (SQLite's default), which is the order of pages.
            try db.execute(
                sql: """
                    CREATE TABLE record (
                        revision INTEGER PRIMARY KEY,
                        grp TEXT NOT NULL,
                        resource TEXT NOT NULL,
                        namespace TEXT NOT NULL,
                        name TEXT NOT NULL,
                        uid TEXT NOT NULL,
                        replaced INTEGER,
                        deleted INTEGER NOT NULL,
                        time INTEGER NOT NULL,
                        body BLOB NOT NULL
                    );
                    CREATE UNIQUE INDEX record_current ON record (grp, resource, namespace, name)
                        WHERE replaced IS NULL;
                    CREATE INDEX record_history ON record (grp, resource, namespace, name, revision);
                    CREATE UNIQUE INDEX record_replaced ON record (replaced) WHERE replaced IS NOT NULL;
                    CREATE INDEX record_uid ON record (uid) WHERE replaced IS NULL AND deleted = 0;
                    CREATE TABLE owner (
                        uid TEXT NOT NULL,
                        grp TEXT NOT NULL,
                        resource TEXT NOT NULL,
                        namespace TEXT NOT NULL,
                        name TEXT NOT NULL,
                        PRIMARY KEY (uid, grp, resource, namespace, name)
                    ) WITHOUT ROWID;
                    CREATE INDEX owner_object ON owner (grp, resource, namespace, name);
                    CREATE TABLE counter (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;
                    INSERT INTO counter VALUES ('revision', 1), ('compacted', 0);
                    """)
        }
        return migrator
    }
}
