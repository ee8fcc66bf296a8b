//! How does a database become one of this release?
//!
//! `PRAGMA user_version` counts the migrations that a database has had. A released migration is
//! never edited; a change is a new one at the end.

use rusqlite::Connection;

use super::StoreError;

const MIGRATIONS: &[&str] = &[
    // 1: the first release. Times are milliseconds since the Unix epoch.
    "
    CREATE TABLE accounts (
        id INTEGER PRIMARY KEY,
        name TEXT NOT NULL UNIQUE,
        created_at INTEGER NOT NULL
    ) STRICT;
    CREATE TABLE lambdas (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        account INTEGER NOT NULL REFERENCES accounts ON DELETE CASCADE,
        uuid TEXT NOT NULL UNIQUE,
        name TEXT NOT NULL,
        description TEXT NOT NULL,
        created_at INTEGER NOT NULL,
        updated_at INTEGER NOT NULL,
        UNIQUE (account, name)
    ) STRICT;
    CREATE TABLE lambda_versions (
        lambda INTEGER NOT NULL REFERENCES lambdas ON DELETE CASCADE,
        version INTEGER NOT NULL,
        file_name TEXT NOT NULL,
        code TEXT NOT NULL,
        environment TEXT NOT NULL,
        created_at INTEGER NOT NULL,
        PRIMARY KEY (lambda, version)
    ) STRICT;
    CREATE TABLE deployments (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        lambda INTEGER NOT NULL REFERENCES lambdas ON DELETE CASCADE,
        version INTEGER NOT NULL,
        digest TEXT NOT NULL,
        engine TEXT NOT NULL,
        artifact_bytes INTEGER NOT NULL,
        deployed_at INTEGER NOT NULL
    ) STRICT;
    CREATE INDEX deployments_by_lambda ON deployments (lambda, id);
    CREATE INDEX deployments_by_digest ON deployments (digest);
    CREATE TABLE secrets (
        account INTEGER NOT NULL REFERENCES accounts ON DELETE CASCADE,
        key TEXT NOT NULL,
        version INTEGER NOT NULL,
        sealed BLOB NOT NULL,
        created_at INTEGER NOT NULL,
        updated_at INTEGER NOT NULL,
        PRIMARY KEY (account, key)
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE whitelist (
        account INTEGER NOT NULL REFERENCES accounts ON DELETE CASCADE,
        rule TEXT NOT NULL,
        created_at INTEGER NOT NULL,
        PRIMARY KEY (account, rule)
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE tokens (
        id TEXT PRIMARY KEY,
        account INTEGER NOT NULL REFERENCES accounts ON DELETE CASCADE,
        name TEXT NOT NULL,
        role TEXT NOT NULL,
        hash BLOB NOT NULL UNIQUE,
        created_at INTEGER NOT NULL,
        last_used_at INTEGER
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE invocations (
        id INTEGER PRIMARY KEY,
        lambda INTEGER NOT NULL,
        version INTEGER NOT NULL,
        request_id TEXT NOT NULL,
        at INTEGER NOT NULL,
        outcome TEXT NOT NULL,
        wall_us INTEGER NOT NULL,
        cpu_us INTEGER NOT NULL,
        fuel INTEGER NOT NULL,
        memory_peak INTEGER NOT NULL,
        http_requests INTEGER NOT NULL
    ) STRICT;
    CREATE TABLE logs (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        invocation INTEGER NOT NULL,
        lambda INTEGER NOT NULL,
        request_id TEXT NOT NULL,
        at INTEGER NOT NULL,
        level TEXT NOT NULL,
        message TEXT NOT NULL,
        extras TEXT NOT NULL,
        outcome TEXT NOT NULL
    ) STRICT;
    CREATE INDEX logs_by_lambda ON logs (lambda, id);
    CREATE INDEX logs_by_invocation ON logs (invocation);
    ",
    // 2: what a lambda of several files was bundled to, JSON.
    "
    ALTER TABLE lambda_versions ADD COLUMN bundle TEXT;
    ",
    // 3: the Context Session Store. Triggers keep the sums of a namespace, so that no limit costs a
    // count. What is deleted is only marked: the sweep removes its rows, a few at a time.
    "
    CREATE TABLE context_keys (
        id TEXT PRIMARY KEY,
        account INTEGER NOT NULL REFERENCES accounts ON DELETE CASCADE,
        name TEXT NOT NULL,
        hash BLOB NOT NULL UNIQUE,
        created_at INTEGER NOT NULL,
        last_used_at INTEGER
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE context_namespaces (
        id INTEGER PRIMARY KEY,
        account INTEGER NOT NULL REFERENCES accounts ON DELETE CASCADE,
        name TEXT NOT NULL,
        ttl_seconds INTEGER,
        created_at INTEGER NOT NULL,
        deleted INTEGER NOT NULL DEFAULT 0,
        sessions INTEGER NOT NULL DEFAULT 0,
        bytes INTEGER NOT NULL DEFAULT 0
    ) STRICT;
    CREATE UNIQUE INDEX context_namespaces_by_name
        ON context_namespaces (account, name) WHERE deleted = 0;
    CREATE INDEX context_namespaces_deleted ON context_namespaces (id) WHERE deleted = 1;
    CREATE TABLE context_sessions (
        id INTEGER PRIMARY KEY,
        namespace INTEGER NOT NULL REFERENCES context_namespaces ON DELETE CASCADE,
        name TEXT NOT NULL,
        bytes INTEGER NOT NULL,
        expires_at INTEGER,
        UNIQUE (namespace, name)
    ) STRICT;
    CREATE INDEX context_sessions_by_expiry
        ON context_sessions (expires_at) WHERE expires_at IS NOT NULL;
    CREATE TABLE context_properties (
        session INTEGER NOT NULL REFERENCES context_sessions ON DELETE CASCADE,
        name TEXT NOT NULL,
        value TEXT NOT NULL,
        PRIMARY KEY (session, name)
    ) STRICT;
    CREATE TRIGGER context_session_added AFTER INSERT ON context_sessions BEGIN
        UPDATE context_namespaces SET sessions = sessions + 1, bytes = bytes + new.bytes
        WHERE id = new.namespace;
    END;
    CREATE TRIGGER context_session_resized AFTER UPDATE OF bytes ON context_sessions BEGIN
        UPDATE context_namespaces SET bytes = bytes + new.bytes - old.bytes
        WHERE id = new.namespace;
    END;
    CREATE TRIGGER context_session_removed AFTER DELETE ON context_sessions BEGIN
        UPDATE context_namespaces SET sessions = sessions - 1, bytes = bytes - old.bytes
        WHERE id = old.namespace;
    END;
    ",
    // 4: three permissions instead of a role. Who had the role of an admin could do everything, and
    // still can.
    "
    ALTER TABLE tokens RENAME COLUMN role TO permissions;
    UPDATE tokens SET permissions = CASE permissions
        WHEN 'admin' THEN 'admin,developer,invocation'
        WHEN 'invoker' THEN 'invocation'
        ELSE permissions END;
    ",
    // 5: a lambda is saved and deployed in two steps, and each step of a deployment is kept. Until
    // now every version was deployed when it was saved.
    "
    ALTER TABLE lambdas ADD COLUMN event_id TEXT;
    ALTER TABLE lambdas ADD COLUMN skills TEXT NOT NULL DEFAULT '[]';
    ALTER TABLE lambdas ADD COLUMN created_by TEXT NOT NULL DEFAULT '';
    ALTER TABLE lambdas ADD COLUMN updated_by TEXT NOT NULL DEFAULT '';
    ALTER TABLE lambdas ADD COLUMN head INTEGER NOT NULL DEFAULT 0;
    ALTER TABLE lambdas ADD COLUMN live INTEGER;
    ALTER TABLE lambdas ADD COLUMN marked INTEGER NOT NULL DEFAULT 0;
    ALTER TABLE lambda_versions ADD COLUMN created_by TEXT NOT NULL DEFAULT '';
    ALTER TABLE deployments RENAME TO old_deployments;
    DROP INDEX deployments_by_lambda;
    DROP INDEX deployments_by_digest;
    CREATE TABLE deployments (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        lambda INTEGER NOT NULL REFERENCES lambdas ON DELETE CASCADE,
        version INTEGER NOT NULL,
        uuid TEXT NOT NULL UNIQUE,
        state TEXT NOT NULL,
        error TEXT,
        digest TEXT,
        engine TEXT,
        artifact_bytes INTEGER,
        created_at INTEGER NOT NULL,
        updated_at INTEGER NOT NULL,
        deployed_at INTEGER,
        undeployed_at INTEGER,
        created_by TEXT NOT NULL
    ) STRICT;
    INSERT INTO deployments
        SELECT id, lambda, version,
               lower(format('%s-%s-4%s-%s%s-%s', hex(randomblob(4)), hex(randomblob(2)),
                            substr(hex(randomblob(2)), 2), substr('89ab', 1 + abs(random() % 4), 1),
                            substr(hex(randomblob(2)), 2), hex(randomblob(6)))),
               'Deploy Finish', NULL, digest, engine, artifact_bytes,
               deployed_at, deployed_at, deployed_at, NULL, ''
        FROM old_deployments;
    DROP TABLE old_deployments;
    CREATE INDEX deployments_by_lambda ON deployments (lambda, id);
    CREATE INDEX deployments_by_digest ON deployments (digest);
    UPDATE lambdas SET
        head = (SELECT max(version) FROM lambda_versions WHERE lambda = lambdas.id),
        live = (SELECT max(id) FROM deployments WHERE lambda = lambdas.id);
    ",
    // 6: logs are searched by account, level, time and words, and each five minutes are summed up.
    // The words of an entry are kept in an index of their own, without the texts.
    "
    ALTER TABLE logs ADD COLUMN account INTEGER NOT NULL DEFAULT 0;
    UPDATE logs SET account =
        coalesce((SELECT account FROM lambdas WHERE lambdas.id = logs.lambda), 0);
    DROP INDEX logs_by_lambda;
    DROP INDEX logs_by_invocation;
    CREATE INDEX logs_by_account ON logs (account, level);
    CREATE INDEX logs_by_lambda ON logs (lambda, level);
    CREATE INDEX logs_by_request ON logs (request_id);
    CREATE VIRTUAL TABLE logs_text USING fts5 (scope, said, content = '', contentless_delete = 1);
    INSERT INTO logs_text (rowid, scope, said)
        SELECT id, 'a' || account || ' l' || lambda || ' ' || level, message || ' ' || extras
        FROM logs;
    CREATE TABLE log_minutes (
        minute INTEGER PRIMARY KEY,
        first INTEGER NOT NULL,
        last INTEGER NOT NULL,
        bytes INTEGER NOT NULL
    ) STRICT;
    INSERT INTO log_minutes
        SELECT at / 60000, min(id), max(id),
            sum(octet_length(message) + octet_length(extras) + 256)
        FROM logs GROUP BY 1;
    CREATE TABLE rollups (
        account INTEGER NOT NULL,
        lambda INTEGER NOT NULL,
        bucket INTEGER NOT NULL,
        unknown INTEGER NOT NULL,
        succeeded INTEGER NOT NULL,
        coding_failure INTEGER NOT NULL,
        platform_failure INTEGER NOT NULL,
        timeout INTEGER NOT NULL,
        fuel INTEGER NOT NULL,
        http_requests INTEGER NOT NULL,
        memory_peak INTEGER NOT NULL,
        latencies BLOB NOT NULL,
        PRIMARY KEY (account, lambda, bucket)
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX rollups_by_bucket ON rollups (bucket);
    ",
    // 7: users, the apps that act for them or for themselves, what both have open, and what signs.
    "
    CREATE TABLE users (
        id TEXT PRIMARY KEY,
        account INTEGER NOT NULL REFERENCES accounts ON DELETE CASCADE,
        login_name TEXT NOT NULL,
        display_name TEXT NOT NULL,
        permissions TEXT NOT NULL,
        password TEXT,
        enabled INTEGER NOT NULL,
        created_at INTEGER NOT NULL,
        changed_at INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE apps (
        id TEXT PRIMARY KEY,
        account INTEGER NOT NULL REFERENCES accounts ON DELETE CASCADE,
        name TEXT NOT NULL,
        description TEXT NOT NULL,
        grants TEXT NOT NULL,
        redirect_uris TEXT NOT NULL,
        secret_hash BLOB,
        created_at INTEGER NOT NULL,
        changed_at INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE sessions (
        id TEXT PRIMARY KEY,
        user TEXT NOT NULL REFERENCES users ON DELETE CASCADE,
        app TEXT REFERENCES apps ON DELETE CASCADE,
        csrf_hash BLOB,
        scope TEXT NOT NULL,
        created_at INTEGER NOT NULL,
        expires_at INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX sessions_by_user ON sessions (user);
    CREATE INDEX sessions_by_app ON sessions (app);
    CREATE INDEX sessions_by_expiry ON sessions (expires_at);
    CREATE TABLE session_tokens (
        hash BLOB PRIMARY KEY,
        session TEXT NOT NULL REFERENCES sessions ON DELETE CASCADE,
        kind TEXT NOT NULL,
        expires_at INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX session_tokens_by_session ON session_tokens (session);
    CREATE INDEX session_tokens_by_expiry ON session_tokens (expires_at);
    CREATE TABLE signing_keys (
        kid TEXT PRIMARY KEY,
        sealed BLOB NOT NULL,
        created_at INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID;
    ALTER TABLE tokens ADD COLUMN user TEXT REFERENCES users ON DELETE CASCADE;
    ",
    // 8: the audit log. It speaks of accounts and things by their ids and names, since it outlives
    // them.
    "
    CREATE TABLE audit (
        id INTEGER PRIMARY KEY,
        at INTEGER NOT NULL,
        account TEXT NOT NULL,
        actor_kind TEXT NOT NULL,
        actor_id TEXT NOT NULL,
        actor_name TEXT NOT NULL,
        action TEXT NOT NULL,
        target_kind TEXT NOT NULL,
        target_id TEXT NOT NULL,
        target_name TEXT NOT NULL,
        details TEXT NOT NULL,
        address TEXT NOT NULL,
        request_id TEXT NOT NULL,
        previous TEXT NOT NULL,
        hash TEXT NOT NULL
    ) STRICT;
    CREATE TRIGGER audit_rows_stay BEFORE DELETE ON audit BEGIN
        SELECT raise(ABORT, 'the audit log keeps its rows');
    END;
    CREATE TRIGGER audit_rows_stay_as_they_are BEFORE UPDATE ON audit BEGIN
        SELECT raise(ABORT, 'the audit log keeps its rows as they are');
    END;
    CREATE TRIGGER audit_rows_come_last BEFORE INSERT ON audit
    WHEN new.id <= (SELECT max(id) FROM audit) BEGIN
        SELECT raise(ABORT, 'the audit log takes new rows at its end');
    END;
    ",
    // 9: an id for each whitelist rule, by which the platform's API deletes it.
    "
    ALTER TABLE whitelist RENAME TO whitelist_without_ids;
    CREATE TABLE whitelist (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        account INTEGER NOT NULL REFERENCES accounts ON DELETE CASCADE,
        rule TEXT NOT NULL,
        created_at INTEGER NOT NULL,
        UNIQUE (account, rule)
    ) STRICT;
    INSERT INTO whitelist (account, rule, created_at)
        SELECT account, rule, created_at FROM whitelist_without_ids ORDER BY created_at, rule;
    DROP TABLE whitelist_without_ids;
    ",
    // 10: the queue of invocations that nobody waits for.
    super::queue::TABLES,
    // 11: schedules and their runs.
    super::schedules::TABLES,
    // 12: an account can be disabled.
    "
    ALTER TABLE accounts ADD COLUMN disabled_at INTEGER;
    ",
    // 13: signing keys of each account. Those that all accounts shared go to the one that was there
    // first; the others' tokens, good for an hour, are fetched anew.
    "
    ALTER TABLE signing_keys RENAME TO signing_keys_of_all;
    CREATE TABLE signing_keys (
        kid TEXT PRIMARY KEY,
        account INTEGER NOT NULL REFERENCES accounts ON DELETE CASCADE,
        sealed BLOB NOT NULL,
        created_at INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID;
    INSERT INTO signing_keys
        SELECT kid, first.id, sealed, signing_keys_of_all.created_at
        FROM signing_keys_of_all, (SELECT min(id) AS id FROM accounts) AS first
        WHERE first.id IS NOT NULL;
    DROP TABLE signing_keys_of_all;
    ",
    // 14: sessions of service users, which end with the token that they were opened with.
    "
    ALTER TABLE sessions ADD COLUMN token BLOB REFERENCES tokens (hash) ON DELETE CASCADE;
    CREATE INDEX sessions_by_token ON sessions (token);
    ",
    // 15: what waits is sealed, and says which trace it is a part of.
    super::queue::SEALED,
    // 16: a version keeps what was built of it, a deployment the time of each step that it reached,
    // and a lambda what clients of the second generation say of it.
    super::deployments::KEEP_BUILDS,
    // 17: the index of words finds log entries by owner and level and by request, too. An index of a
    // table for each was what most of the time went to that writing an entry took. What JSON escapes
    // is not to stick to the word after it.
    r#"
    DROP INDEX logs_by_account;
    DROP INDEX logs_by_lambda;
    DROP INDEX logs_by_request;
    DROP TABLE logs_text;
    CREATE VIRTUAL TABLE logs_text USING fts5 (scope, said, content = '', contentless_delete = 1);
    INSERT INTO logs_text (rowid, scope, said)
        SELECT id, 'a' || account || level || ' l' || lambda || level || ' r' || hex(request_id),
            message || ' ' || replace(replace(replace(replace(replace(extras,
                '\\', ' '), '\"', ' '), '\n', ' '), '\r', ' '), '\t', ' ')
        FROM logs ORDER BY id;
    "#,
    // 18: the lambdas that failed are found without reading of those that did well, and log entries have
    // the word of their part, 16,384 ids each, which bounds what a search looks through.
    r#"
    ALTER TABLE rollups ADD COLUMN failed INTEGER NOT NULL
        AS (unknown + coding_failure + platform_failure + timeout) VIRTUAL;
    CREATE INDEX rollups_failed ON rollups (account, bucket, lambda, failed)
        WHERE lambda > 0 AND failed > 0;
    DROP TABLE logs_text;
    CREATE VIRTUAL TABLE logs_text USING fts5 (scope, said, content = '', contentless_delete = 1);
    INSERT INTO logs_text (rowid, scope, said)
        SELECT id, 'a' || account || level || ' l' || lambda || level || ' r' || hex(request_id),
            replace(message || ' ' || replace(replace(replace(replace(replace(extras,
                '\\', ' '), '\"', ' '), '\n', ' '), '\r', ' '), '\t', ' '), char(0xe000), ' ')
            || ' ' || char(0xe000) || (id >> 14)
        FROM logs ORDER BY id;
    "#,
];

/// Applies the migrations that the database has not had, each in one transaction.
pub(crate) fn migrate(connection: &mut Connection) -> Result<(), StoreError> {
    let failed = |source| StoreError::Sqlite {
        change: "migrate",
        source,
    };
    let found: i64 = connection
        .pragma_query_value(None, "user_version", |row| row.get(0))
        .map_err(failed)?;
    let known = MIGRATIONS.len() as i64;
    let done = match usize::try_from(found) {
        Ok(done) if done <= MIGRATIONS.len() => done,
        _ => return Err(StoreError::TooNew { found, known }),
    };
    for (index, migration) in MIGRATIONS.iter().enumerate().skip(done) {
        let transaction = connection.transaction().map_err(failed)?;
        transaction.execute_batch(migration).map_err(failed)?;
        transaction
            .pragma_update(None, "user_version", index as i64 + 1)
            .map_err(failed)?;
        transaction.commit().map_err(failed)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests;
