use sandglass_runtime::LogLevel;

use super::super::{LogFilter, Order, search};
use super::*;

fn schema(connection: &Connection) -> Vec<String> {
    let mut statement = connection
        .prepare("SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL")
        .unwrap();
    statement
        .query_map([], |row| row.get(0))
        .unwrap()
        .map(Result::unwrap)
        .collect()
}

#[test]
fn migrating_twice_is_migrating_once() {
    let mut connection = Connection::open_in_memory().unwrap();
    migrate(&mut connection).unwrap();
    let once = schema(&connection);
    migrate(&mut connection).unwrap();
    assert_eq!(schema(&connection), once);
}

#[test]
fn a_role_becomes_the_permissions_that_it_had() {
    let mut connection = Connection::open_in_memory().unwrap();
    MIGRATIONS[..3]
        .iter()
        .for_each(|sql| connection.execute_batch(sql).unwrap());
    connection.pragma_update(None, "user_version", 3).unwrap();
    connection
        .execute_batch(
            "INSERT INTO accounts VALUES (1, 'acc', 5);
             INSERT INTO tokens (id, account, name, role, hash, created_at) VALUES
                 ('a', 1, 'a', 'admin', x'01', 5), ('b', 1, 'b', 'developer', x'02', 5),
                 ('c', 1, 'c', 'invoker', x'03', 5)",
        )
        .unwrap();
    migrate(&mut connection).unwrap();
    let sql = "SELECT group_concat(permissions, ' ' ORDER BY id) FROM tokens";
    let found: String = connection.query_row(sql, [], |row| row.get(0)).unwrap();
    assert_eq!(found, "admin,developer,invocation developer invocation");
}

#[test]
fn a_whitelist_rule_gets_an_id_and_is_otherwise_as_it_was() {
    let mut connection = Connection::open_in_memory().unwrap();
    MIGRATIONS[..4]
        .iter()
        .for_each(|sql| connection.execute_batch(sql).unwrap());
    connection.pragma_update(None, "user_version", 4).unwrap();
    connection
        .execute_batch(
            "INSERT INTO accounts VALUES (1, 'acc', 5);
             INSERT INTO whitelist VALUES (1, 'a.com', 9), (1, 'b.com', 8)",
        )
        .unwrap();
    migrate(&mut connection).unwrap();
    let sql = "SELECT group_concat(id || rule || created_at, ' ' ORDER BY id) FROM whitelist";
    let found: String = connection.query_row(sql, [], |row| row.get(0)).unwrap();
    assert_eq!(found, "1b.com8 2a.com9");
}

#[test]
fn logs_of_before_are_found_by_owner_level_request_and_words() {
    let mut connection = Connection::open_in_memory().unwrap();
    MIGRATIONS[..11]
        .iter()
        .for_each(|sql| connection.execute_batch(sql).unwrap());
    connection.pragma_update(None, "user_version", 11).unwrap();
    connection
        .execute_batch(
            r#"INSERT INTO logs
                   (id, invocation, account, lambda, request_id, at, level, message, extras, outcome)
               VALUES
                   (1, 1, 1, 7, 'R-1', 5, 'Info', 'paid', '["a\nb \"c\\\\n"]', 'returned'),
                   (2, 2, 1, 8, 'r-1', 5, 'Error', 'refused', '[]', 'threw');
               INSERT INTO logs_text (rowid, scope, said)
                   VALUES (1, 'a1 l7 Info', 'paid a b c n'), (2, 'a1 l8 Error', 'refused');"#,
        )
        .unwrap();
    migrate(&mut connection).unwrap();
    let found = |filter: LogFilter| {
        let rows = search(&connection, &filter).unwrap().rows;
        rows.iter().map(|row| row.id).collect::<Vec<_>>()
    };
    assert_eq!(found(all()), [2, 1]);
    let errors = LogFilter {
        levels: vec![LogLevel::Error],
        ..all()
    };
    assert_eq!(found(errors), [2]);
    let lambda = LogFilter {
        lambda: Some(7),
        ..all()
    };
    assert_eq!(found(lambda), [1]);
    for (request, id) in [("R-1", 1), ("r-1", 2)] {
        let request = LogFilter {
            request_id: Some(request.to_owned()),
            ..all()
        };
        assert_eq!(found(request), [id]);
    }
    for (word, ids) in [
        ("b", vec![1]),
        ("c", vec![1]),
        ("n", vec![1]),
        ("nb", vec![]),
    ] {
        let words = LogFilter {
            words: Some(word.parse().unwrap()),
            ..all()
        };
        assert_eq!(found(words), ids, "{word}");
    }
}

fn all() -> LogFilter {
    LogFilter {
        account: 1,
        lambda: None,
        levels: Vec::new(),
        request_id: None,
        words: None,
        times: None,
        order: Order::Before(i64::MAX),
        limit: 100,
    }
}

#[test]
fn a_database_of_a_later_release_is_left_alone() {
    let mut connection = Connection::open_in_memory().unwrap();
    connection.pragma_update(None, "user_version", 99).unwrap();
    let result = migrate(&mut connection);
    assert!(matches!(result, Err(StoreError::TooNew { found: 99, .. })));
    assert!(schema(&connection).is_empty());
}

#[test]
fn the_keys_that_all_shared_are_those_of_the_first_account() {
    let mut connection = Connection::open_in_memory().unwrap();
    MIGRATIONS[..12]
        .iter()
        .for_each(|sql| connection.execute_batch(sql).unwrap());
    connection.pragma_update(None, "user_version", 12).unwrap();
    connection
        .execute_batch(
            "INSERT INTO accounts (id, name, created_at) VALUES (3, 'first', 5), (7, 'second', 6);
             INSERT INTO signing_keys VALUES ('kid', x'0102', 9)",
        )
        .unwrap();
    migrate(&mut connection).unwrap();
    let sql = "SELECT kid || ' ' || account || ' ' || hex(sealed) || ' ' || created_at
               FROM signing_keys";
    let found: String = connection.query_row(sql, [], |row| row.get(0)).unwrap();
    assert_eq!(found, "kid 3 0102 9");
}

#[test]
fn a_version_gets_what_was_built_of_it_and_a_deployment_the_steps_that_are_known() {
    let mut connection = Connection::open_in_memory().unwrap();
    MIGRATIONS[..15]
        .iter()
        .for_each(|sql| connection.execute_batch(sql).unwrap());
    connection.pragma_update(None, "user_version", 15).unwrap();
    connection
        .execute_batch(
            "INSERT INTO accounts (id, name, created_at) VALUES (1, 'acc', 5);
             INSERT INTO lambdas (id, account, uuid, name, description, created_at, updated_at, head)
                 VALUES (1, 1, 'u', 'hello', '', 5, 5, 3);
             INSERT INTO lambda_versions (lambda, version, file_name, code, environment, created_at)
                 VALUES (1, 1, 'a.js', '', '{}', 5), (1, 2, 'a.js', '', '{}', 6),
                        (1, 3, 'a.js', '', '{}', 7);
             INSERT INTO deployments (lambda, version, uuid, state, digest, engine, artifact_bytes,
                                      created_at, updated_at, created_by)
                 VALUES (1, 1, 'a', 'Deploy Finish', 'old', 'e1', 7, 10, 20, 'me'),
                        (1, 1, 'b', 'Deploy Finish', 'new', 'e2', 8, 30, 40, 'me'),
                        (1, 2, 'c', 'Build Start', NULL, NULL, NULL, 50, 50, 'me')",
        )
        .unwrap();
    migrate(&mut connection).unwrap();
    let text = |sql: &str| -> String { connection.query_row(sql, [], |row| row.get(0)).unwrap() };
    let versions =
        "SELECT group_concat(version || coalesce(digest || engine || artifact_bytes, '-'), ' '
                                        ORDER BY version) FROM lambda_versions";
    assert_eq!(text(versions), "1newe28 2- 3-");
    let steps = "SELECT group_concat(steps, ' ' ORDER BY id) FROM deployments";
    assert_eq!(
        text(steps),
        r#"[{"state":"Build Start","at":10},{"state":"Deploy Finish","at":20}] [{"state":"Build Start","at":30},{"state":"Deploy Finish","at":40}] [{"state":"Build Start","at":50}]"#
    );
}
