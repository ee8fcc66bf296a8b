use super::*;

fn database() -> Connection {
    let mut connection = Connection::open_in_memory().unwrap();
    super::super::migrations::migrate(&mut connection).unwrap();
    connection
        .execute_batch("PRAGMA foreign_keys = ON")
        .unwrap();
    for account in ["a", "b", "c"] {
        super::super::create_account(&connection, account, 1).unwrap();
    }
    connection
}

fn new(account: i64, uuid: &str) -> NewQueued {
    NewQueued {
        uuid: uuid.to_owned(),
        account,
        lambda: "l".to_owned(),
        request_id: "r".to_owned(),
        key: None,
        body: "{}".to_owned(),
        retries: 1,
        at: 100,
    }
}

fn add(connection: &Connection, account: i64, uuid: &str) -> Enqueued {
    enqueue(connection, &new(account, uuid), 100, 1_000).unwrap()
}

fn answer(json: &str) -> KeptAnswer {
    KeptAnswer {
        status: 200,
        json: Some(json.to_owned()),
        bytes: json.len() as u64,
    }
}

fn names(claimed: &[Claimed]) -> Vec<&str> {
    claimed.iter().map(|row| row.uuid.as_str()).collect()
}

fn state(connection: &Connection, uuid: &str) -> String {
    let row = queued(connection, 1, uuid).unwrap().unwrap();
    format!("{} {} {}", row.state, row.attempts, row.due_at)
}

#[test]
fn accounts_take_turns_and_within_one_the_oldest_is_first() {
    let connection = database();
    for uuid in ["a1", "a2", "a3", "a4"] {
        add(&connection, 1, uuid);
    }
    for uuid in ["b1", "b2"] {
        add(&connection, 2, uuid);
    }
    add(&connection, 3, "c1");
    assert!(claim(&connection, 99, 10, 0).unwrap().is_empty());
    let first = claim(&connection, 100, 4, 1).unwrap();
    assert_eq!(names(&first), ["b1", "c1", "a1", "b2"]);
    let rest = claim(&connection, 100, 10, 2).unwrap();
    assert_eq!(names(&rest), ["a2", "a3", "a4"]);
    assert!(claim(&connection, 100, 10, 0).unwrap().is_empty());
}

#[test]
fn an_account_keeps_no_more_than_its_bounds() {
    let connection = database();
    let add = |uuid: &str| enqueue(&connection, &new(1, uuid), 2, 6).unwrap();
    assert_eq!(add("1"), Enqueued::Added);
    assert_eq!(add("2"), Enqueued::Added);
    assert_eq!(add("3"), Enqueued::Full);
    let claimed = claim(&connection, 100, 10, 0).unwrap();
    assert_eq!(add("3"), Enqueued::Full, "what runs counts");
    let ending = Ending::Succeeded {
        answer: answer("1234"),
        keep_ms: 10,
    };
    end(&connection, &claimed[0], &ending, 200).unwrap();
    assert_eq!(sums(&connection, 1).unwrap(), (1, 6));
    assert_eq!(add("3"), Enqueued::Full, "answers count as bytes");
    sweep(&connection, 209).unwrap();
    assert_eq!(add("3"), Enqueued::Full);
    sweep(&connection, 210).unwrap();
    assert_eq!(add("3"), Enqueued::Added);
    assert_eq!(sums(&connection, 1).unwrap(), (2, 4));
}

#[test]
fn the_same_request_is_kept_once() {
    let connection = database();
    let keyed = |account, uuid: &str| NewQueued {
        key: Some([1; 32]),
        ..new(account, uuid)
    };
    let add = |new: &NewQueued| enqueue(&connection, new, 100, 1_000).unwrap();
    assert_eq!(add(&keyed(1, "1")), Enqueued::Added);
    assert_eq!(add(&keyed(1, "2")), Enqueued::Known("1".to_owned()));
    assert_eq!(add(&keyed(2, "3")), Enqueued::Added);
}

#[test]
fn what_ran_at_a_crash_runs_again_but_not_for_ever() {
    let connection = database();
    add(&connection, 1, "1");
    for now in [200, 300] {
        claim(&connection, now, 1, 0).unwrap();
        assert_eq!(recover(&connection, now, 2, &answer("x"), 10).unwrap(), 1);
        assert_eq!(state(&connection, "1"), format!("waiting 0 {now}"));
    }
    claim(&connection, 400, 1, 0).unwrap();
    recover(&connection, 400, 2, &answer("x"), 10).unwrap();
    assert_eq!(state(&connection, "1"), "dead 1 300");
    assert_eq!(recover(&connection, 400, 2, &answer("x"), 10).unwrap(), 0);
}

#[test]
fn a_retry_waits_and_one_that_did_not_begin_is_not_counted() {
    let connection = database();
    add(&connection, 1, "1");
    let first = claim(&connection, 100, 1, 0).unwrap().remove(0);
    let retry = Ending::Retry {
        answer: answer("1"),
        due_at: 500,
    };
    end(&connection, &first, &retry, 100).unwrap();
    assert_eq!(state(&connection, "1"), "waiting 1 500");
    assert_eq!(next_due(&connection).unwrap(), Some(500));
    assert!(claim(&connection, 499, 1, 0).unwrap().is_empty());
    let second = claim(&connection, 500, 1, 0).unwrap().remove(0);
    assert_eq!(second.attempts, 2);
    end(
        &connection,
        &second,
        &Ending::Postponed { due_at: 600 },
        500,
    )
    .unwrap();
    assert_eq!(state(&connection, "1"), "waiting 1 600");
}

#[test]
fn a_dead_letter_can_be_tried_again_or_deleted_and_nothing_else_can() {
    let connection = database();
    add(&connection, 1, "1");
    let redrive = |uuid| redrive(&connection, 1, uuid, 700).unwrap();
    assert_eq!(redrive("1"), QueueChange::WrongState);
    assert_eq!(redrive("2"), QueueChange::Missing);
    let row = claim(&connection, 100, 1, 0).unwrap().remove(0);
    let delete = |account| delete_queued(&connection, account, "1", 1).unwrap();
    assert_eq!(delete(1), QueueChange::WrongState);
    let dead = Ending::Dead {
        answer: answer("x"),
        keep_ms: 10,
    };
    end(&connection, &row, &dead, 200).unwrap();
    assert_eq!(redrive("1"), QueueChange::Done);
    assert_eq!(state(&connection, "1"), "waiting 0 700");
    assert_eq!(delete(2), QueueChange::Missing);
    assert_eq!(delete(1), QueueChange::Done);
    assert_eq!(sums(&connection, 1).unwrap(), (0, 0));
}

#[test]
fn a_list_is_newest_first_in_pages() {
    let connection = database();
    for uuid in ["1", "2", "3", "4"] {
        add(&connection, 1, uuid);
    }
    add(&connection, 2, "other");
    claim(&connection, 100, 1, 0).unwrap();
    let list = |state, before: Option<&str>| {
        let filter = QueueFilter {
            account: 1,
            state,
            before: before.map(str::to_owned),
            limit: 2,
        };
        let rows = list_queue(&connection, &filter).unwrap();
        rows.into_iter().map(|row| row.uuid).collect::<Vec<_>>()
    };
    assert_eq!(list(None, None), ["4", "3"]);
    assert_eq!(list(None, Some("3")), ["2", "1"]);
    assert_eq!(list(Some("running"), None), ["1"]);
    assert_eq!(list(Some("waiting"), Some("4")), ["3", "2"]);
}
