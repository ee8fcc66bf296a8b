//! A server takes over the data of an old release.

use super::*;

/// Puts a database of an old release, with the same lambdas and tokens, in the place of the new one.
fn as_an_old_release_left_it(data_dir: &Path) {
    let (new, old) = (data_dir.join("sandglass.db"), data_dir.join("old.db"));
    let database = rusqlite::Connection::open(&old).unwrap();
    database
        .execute_batch(include_str!("../fixtures/database-2.sql"))
        .unwrap();
    let attach = "ATTACH DATABASE ?1 AS new";
    database.execute(attach, [new.to_str().unwrap()]).unwrap();
    database
        .execute_batch(
            "INSERT INTO accounts SELECT id, name, created_at FROM new.accounts;
             INSERT INTO lambdas
                 SELECT id, account, uuid, name, description, created_at, updated_at
                 FROM new.lambdas;
             INSERT INTO lambda_versions
                 SELECT lambda, version, file_name, code, environment, created_at, bundle
                 FROM new.lambda_versions;
             INSERT INTO deployments
                 SELECT id, lambda, version, digest, engine, artifact_bytes, deployed_at
                 FROM new.deployments;
             INSERT INTO tokens SELECT id, account, name, 'admin', hash, created_at, last_used_at
                 FROM new.tokens;",
        )
        .unwrap();
    drop(database);
    for end in ["", "-wal", "-shm"] {
        // Only the first is always there.
        _ = fs::remove_file(data_dir.join(format!("sandglass.db{end}")));
    }
    fs::rename(&old, &new).unwrap();
}

#[test]
fn a_data_directory_of_a_release_without_contexts_gains_them() {
    let directory = temporary::directory();
    let server = open(config(directory.path())).expect("the server starts");
    let lambda = server.deploy_body("hello", "callback(null, 'hello')");
    server.stop();
    as_an_old_release_left_it(directory.path());
    let store = Store::of(open(config(directory.path())).expect("it is migrated"));
    store.save("/notes", &json!({ "a": 1 }));
    assert_eq!(store.saved("/notes"), json!({ "a": 1 }));
    let reply = store.server.invoke(&lambda, json!({})).send();
    assert_eq!(reply.text, "\"hello\"");
}
