use std::collections::HashMap;

use super::*;
use crate::admission::Sharing;

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
        body: Kept::Plain("{}".to_owned()),
        retries: 1,
        at: 100,
        traceparent: None,
        tracestate: None,
    }
}

fn add(connection: &Connection, account: i64, uuid: &str) -> Enqueued {
    enqueue(connection, &[new(account, uuid)], 100, 1_000).unwrap()
}

/// Room for so many, in which nothing runs.
fn room(free: usize) -> ClaimRoom {
    ClaimRoom {
        free,
        held: HashMap::new(),
        sharing: Sharing::FirstCome,
    }
}

fn answer(json: &str) -> KeptAnswer {
    KeptAnswer {
        status: 200,
        json: Some(Kept::Plain(json.to_owned())),
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
    assert!(claim(&connection, 99, room(10), 0).unwrap().is_empty());
    let first = claim(&connection, 100, room(4), 1).unwrap();
    assert_eq!(names(&first), ["b1", "c1", "a1", "b2"]);
    let rest = claim(&connection, 100, room(10), 2).unwrap();
    assert_eq!(names(&rest), ["a2", "a3", "a4"]);
    assert!(claim(&connection, 100, room(10), 0).unwrap().is_empty());
}

#[test]
fn an_account_gets_its_share_of_the_room_and_not_one_more() {
    let connection = database();
    for n in 0..10 {
        add(&connection, 1, &format!("a{n}"));
    }
    let shared = |free, held: &[(i64, u64)]| ClaimRoom {
        free,
        held: held.iter().copied().collect(),
        sharing: Sharing::Fair,
    };
    let claim = |room| claim(&connection, 100, room, 0).unwrap();
    assert_eq!(claim(shared(8, &[])).len(), 7, "one is left for others");
    assert!(claim(shared(1, &[(1, 7)])).is_empty());
    add(&connection, 2, "b1");
    add(&connection, 2, "b2");
    assert_eq!(names(&claim(shared(1, &[(1, 7)]))), ["b1"]);
    assert_eq!(names(&claim(shared(2, &[(1, 6)]))), ["a7", "b2"]);
    assert_eq!(next_due(&connection, 100).unwrap(), None, "all are due");
}

#[test]
fn the_invocations_of_one_request_are_kept_all_or_none() {
    let connection = database();
    let add = |uuids: [&str; 2], pending_max, bytes_max| {
        let both = uuids.map(|uuid| new(1, uuid));
        enqueue(&connection, &both, pending_max, bytes_max).unwrap()
    };
    assert_eq!(add(["1", "2"], 1, 100), Enqueued::Full);
    assert_eq!(add(["1", "2"], 2, 3), Enqueued::Full);
    assert_eq!(queue_sums(&connection, 1).unwrap(), (0, 0));
    assert_eq!(add(["1", "2"], 2, 4), Enqueued::Added);
    assert_eq!(queue_sums(&connection, 1).unwrap(), (2, 4));
}

#[test]
fn what_a_release_before_left_unsealed_is_found_once() {
    let connection = database();
    add(&connection, 1, "1");
    add(&connection, 2, "2");
    let row = claim(&connection, 100, room(1), 0).unwrap().remove(0);
    let retry = Ending::Retry {
        answer: answer("no"),
        due_at: 500,
    };
    end(&connection, &row, &retry, 100).unwrap();
    let found = |after| unsealed(&connection, after, 10).unwrap();
    let texts = |row: &Unsealed| (row.body.clone(), row.answer.clone());
    let (body, answer) = (Some("{}".to_owned()), Some("no".to_owned()));
    assert_eq!(texts(&found(0)[0]), (body.clone(), answer));
    assert_eq!(texts(&found(row.id)[0]), (body, None));
    let sealed = |text: &str| Some([&[0; 28], text.as_bytes()].concat());
    put_sealed(&connection, row.id, (sealed("{}"), sealed("no"))).unwrap();
    assert_eq!(found(0).len(), 1);
    let again = claim(&connection, 500, room(1), 0).unwrap().remove(0);
    assert_eq!(again.body, Kept::Sealed(sealed("{}").unwrap()));
    let looked = queued(&connection, 1, "1").unwrap().unwrap();
    assert_eq!(looked.answer.unwrap().bytes(), 2);
    end(&connection, &again, &Ending::Postponed { due_at: 600 }, 1).unwrap();
    assert_eq!(
        queue_sums(&connection, 1).unwrap(),
        (1, 4),
        "sealing costs nothing"
    );
}

#[test]
fn an_account_keeps_no_more_than_its_bounds() {
    let connection = database();
    let add = |uuid: &str| enqueue(&connection, &[new(1, uuid)], 2, 6).unwrap();
    assert_eq!(add("1"), Enqueued::Added);
    assert_eq!(add("2"), Enqueued::Added);
    assert_eq!(add("3"), Enqueued::Full);
    let claimed = claim(&connection, 100, room(10), 0).unwrap();
    assert_eq!(add("3"), Enqueued::Full, "what runs counts");
    let ending = Ending::Succeeded {
        answer: answer("1234"),
        keep_ms: 10,
    };
    end(&connection, &claimed[0], &ending, 200).unwrap();
    assert_eq!(queue_sums(&connection, 1).unwrap(), (1, 6));
    assert_eq!(add("3"), Enqueued::Full, "answers count as bytes");
    sweep(&connection, 209).unwrap();
    assert_eq!(add("3"), Enqueued::Full);
    sweep(&connection, 210).unwrap();
    assert_eq!(add("3"), Enqueued::Added);
    assert_eq!(queue_sums(&connection, 1).unwrap(), (2, 4));
}

#[test]
fn the_same_request_is_kept_once() {
    let connection = database();
    let keyed = |account, uuid: &str| NewQueued {
        key: Some([1; 32]),
        ..new(account, uuid)
    };
    let add = |new: NewQueued| enqueue(&connection, &[new], 100, 1_000).unwrap();
    let known = KnownQueued {
        uuid: "1".to_owned(),
        lambda: "l".to_owned(),
    };
    assert_eq!(add(keyed(1, "1")), Enqueued::Added);
    assert_eq!(add(keyed(1, "2")), Enqueued::Known(vec![known]));
    assert_eq!(add(keyed(2, "3")), Enqueued::Added);
}

#[test]
fn what_ran_at_a_crash_runs_again_but_not_for_ever() {
    let connection = database();
    add(&connection, 1, "1");
    for now in [200, 300] {
        claim(&connection, now, room(1), 0).unwrap();
        assert_eq!(
            recover(&connection, now, 2, |_| answer("x"), 10).unwrap(),
            1
        );
        assert_eq!(state(&connection, "1"), format!("waiting 0 {now}"));
    }
    claim(&connection, 400, room(1), 0).unwrap();
    recover(&connection, 400, 2, |_| answer("x"), 10).unwrap();
    assert_eq!(state(&connection, "1"), "dead 1 300");
    assert_eq!(
        recover(&connection, 400, 2, |_| answer("x"), 10).unwrap(),
        0
    );
}

#[test]
fn a_retry_waits_and_one_that_did_not_begin_is_not_counted() {
    let connection = database();
    add(&connection, 1, "1");
    let first = claim(&connection, 100, room(1), 0).unwrap().remove(0);
    let retry = Ending::Retry {
        answer: answer("1"),
        due_at: 500,
    };
    end(&connection, &first, &retry, 100).unwrap();
    assert_eq!(state(&connection, "1"), "waiting 1 500");
    assert_eq!(next_due(&connection, 499).unwrap(), Some(500));
    assert!(claim(&connection, 499, room(1), 0).unwrap().is_empty());
    let second = claim(&connection, 500, room(1), 0).unwrap().remove(0);
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
    let row = claim(&connection, 100, room(1), 0).unwrap().remove(0);
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
    assert_eq!(queue_sums(&connection, 1).unwrap(), (0, 0));
}

#[test]
fn a_list_is_newest_first_in_pages() {
    let connection = database();
    for uuid in ["1", "2", "3", "4"] {
        add(&connection, 1, uuid);
    }
    add(&connection, 2, "other");
    claim(&connection, 100, room(1), 0).unwrap();
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
