//! What is kept of a lambda, and what is not?

use super::super::deployments::{self, Begun, Built, DeploymentState};
use super::*;

fn new(version: u64) -> Draft {
    Draft {
        account: 1,
        uuid: "u".to_owned(),
        name: "hello".to_owned(),
        description: None,
        event_id: None,
        skills: None,
        size: "S",
        based_on: version - 1,
        code: Code {
            file_name: "hello.js".to_owned(),
            text: format!("// {version}"),
            bundle: version.is_multiple_of(2).then(|| Bundle {
                code: format!("/* {version} */"),
                map: String::new(),
                module: true,
                requires: vec!["crypto".to_owned()],
                files: BTreeMap::new(),
            }),
        },
        environment: BTreeMap::from([("A".to_owned(), version.to_string())]),
        by: "me".to_owned(),
        at: version,
    }
}

fn deploy(tx: &Connection, draft: &Draft, digest: &str) -> Committed {
    let built = Built {
        digest: digest.to_owned(),
        engine: "e".to_owned(),
        artifact_bytes: 5,
    };
    let steps = [DeploymentState::DeployStart.at(draft.at)];
    let uuid = format!("u-{digest}");
    deployments::deploy(tx, draft, &uuid, (&built, &steps), draft.at).unwrap()
}

fn database() -> Connection {
    let mut connection = Connection::open_in_memory().unwrap();
    super::super::migrations::migrate(&mut connection).unwrap();
    connection
        .execute_batch("PRAGMA foreign_keys = ON")
        .unwrap();
    let tx = connection.transaction().unwrap();
    super::super::create_account(&tx, "acc", 1).unwrap();
    tx.commit().unwrap();
    connection
}

#[test]
fn the_latest_deployment_is_the_live_one_and_ten_are_kept() {
    let mut connection = database();
    let tx = connection.transaction().unwrap();
    for version in 1..=15 {
        let committed = deploy(&tx, &new(version), &format!("d{version}"));
        assert!(matches!(committed, Committed::Done(row) if row.version == version));
    }
    let row = &lambdas(&tx).unwrap()[0];
    let live = row.live.as_ref().unwrap();
    assert_eq!((live.digest.as_str(), live.version), ("d15", 15));
    assert_eq!(row.environment["A"], "15");
    let digests = deployments::digests_in_use(&tx).unwrap();
    assert_eq!(digests.len(), 10);
    assert!(digests.contains("d6") && !digests.contains("d5"));
    for kept in 6..=15 {
        let version = version(&tx, row.id, kept).unwrap().unwrap();
        assert_eq!(version.code, new(kept).code);
    }
    assert_eq!(version(&tx, row.id, 5).unwrap(), None);
}

#[test]
fn what_is_live_is_kept_however_often_the_lambda_is_saved() {
    let mut connection = database();
    let tx = connection.transaction().unwrap();
    deploy(&tx, &new(1), "d1");
    for version in 2..=30 {
        let saved = save(&tx, &new(version)).unwrap();
        assert!(matches!(saved, Committed::Done(_)));
    }
    let row = &lambdas(&tx).unwrap()[0];
    assert_eq!(row.version, 30);
    assert_eq!(row.live.as_ref().unwrap().version, 1);
    let kept: Vec<_> = versions(&tx, row.id).unwrap();
    assert_eq!(kept.len(), 11);
    assert_eq!((kept[0].version, kept[10].version), (30, 1));
}

#[test]
fn a_change_that_was_overtaken_changes_nothing() {
    let mut connection = database();
    let tx = connection.transaction().unwrap();
    deploy(&tx, &new(1), "d1");
    assert!(matches!(
        deploy(&tx, &new(1), "other"),
        Committed::Overtaken
    ));
    let stranger = Draft {
        uuid: "v".to_owned(),
        ..new(2)
    };
    assert!(matches!(
        deploy(&tx, &stranger, "other"),
        Committed::Overtaken
    ));
    assert_eq!(deployments::digests_in_use(&tx).unwrap().len(), 1);
}

#[test]
fn while_a_deployment_is_under_way_no_other_begins() {
    let mut connection = database();
    let tx = connection.transaction().unwrap();
    let Committed::Done(row) = save(&tx, &new(1)).unwrap() else {
        panic!()
    };
    let begin = || deployments::begin(&tx, row.id, "b", "me", 2).unwrap();
    let Begun::Row(begun) = begin() else { panic!() };
    assert!(matches!(begin(), Begun::Active));
    assert!(matches!(deploy(&tx, &new(2), "d2"), Committed::Active));
    assert!(matches!(
        deployments::mark(&tx, row.id).unwrap(),
        Begun::Active
    ));
    let id = begun.last.unwrap().id;
    deployments::note_state(&tx, id, DeploymentState::BuildError, Some("{}"), 3).unwrap();
    assert_eq!(lambdas(&tx).unwrap()[0].version, 1);
    assert!(matches!(
        deployments::begin(&tx, row.id, "c", "me", 4).unwrap(),
        Begun::Row(_)
    ));
}

#[test]
fn a_deleted_lambda_leaves_nothing_but_its_journal() {
    let mut connection = database();
    let tx = connection.transaction().unwrap();
    let Committed::Done(row) = deploy(&tx, &new(1), "d1") else {
        panic!()
    };
    delete_lambda(&tx, row.id).unwrap();
    assert!(lambdas(&tx).unwrap().is_empty());
    assert!(deployments::digests_in_use(&tx).unwrap().is_empty());
}
