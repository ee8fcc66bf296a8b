use sandglass_runtime::{ByteSize, LogLevel, Usage};

use super::*;
use crate::clock::now_ms;
use crate::config::JournalConfig;
use crate::status::OutcomeName;

fn line(level: LogLevel, message: &str, at: u64) -> LogEntry {
    LogEntry {
        level,
        message: message.to_owned(),
        extras: serde_json::value::RawValue::from_string("[\"extra\"]".to_owned()).unwrap(),
        timestamp: at,
    }
}

fn entry(number: u64, at: u64) -> Entry {
    let level = [LogLevel::Info, LogLevel::Warn, LogLevel::Error][number as usize % 3];
    Entry {
        account: 1,
        lambda: 1 + number as i64 % 2,
        version: 1,
        request_id: format!("r{number}").parse().unwrap(),
        at,
        outcome: OutcomeName::Returned,
        usage: Usage::default(),
        logs: vec![line(level, &format!("message {number}"), at)],
    }
}

fn database(entries: &[Entry]) -> Connection {
    let mut connection = Connection::open_in_memory().unwrap();
    super::super::migrations::migrate(&mut connection).unwrap();
    write(&mut connection, entries).unwrap();
    connection
}

/// Ten entries, a minute apart.
fn ten() -> Connection {
    let entries: Vec<_> = (1..=10)
        .map(|number| entry(number, number * MINUTE_MS))
        .collect();
    database(&entries)
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

fn ids(connection: &Connection, filter: &LogFilter) -> Vec<i64> {
    let page = search(connection, filter).unwrap();
    page.rows.iter().map(|row| row.id).collect()
}

#[test]
fn logs_come_in_either_order_from_any_place() {
    let connection = ten();
    let youngest = LogFilter { limit: 3, ..all() };
    assert_eq!(ids(&connection, &youngest), [10, 9, 8]);
    let before = LogFilter {
        order: Order::Before(3),
        ..all()
    };
    assert_eq!(ids(&connection, &before), [2, 1]);
    let after = LogFilter {
        order: Order::After(7, 9),
        ..all()
    };
    assert_eq!(ids(&connection, &after), [8, 9]);
    let other = LogFilter {
        account: 2,
        ..all()
    };
    assert!(ids(&connection, &other).is_empty());
}

#[test]
fn a_page_says_whether_there_are_more() {
    let connection = ten();
    let more = |limit| {
        let filter = LogFilter { limit, ..all() };
        search(&connection, &filter).unwrap().next.is_some()
    };
    assert_eq!((more(9), more(10), more(11)), (true, false, false));
}

/// Two words of which each is in every other entry, so that they never meet, and one that is in three.
fn never() -> Connection {
    let said = |number: u64| {
        let word = if number.is_multiple_of(2) {
            "even"
        } else {
            "odd"
        };
        let rare = if [70_000, 40_000, 100].contains(&number) {
            " rare"
        } else {
            ""
        };
        let mut entry = entry(number, 1);
        entry.logs[0].message = format!("{word}{rare} one two");
        entry
    };
    database(&(1..=80_000).map(said).collect::<Vec<_>>())
}

/// What a search finds, or where it goes on, when it is given up after so many parts.
fn given_up(
    connection: &Connection,
    text: &str,
    order: Order,
    parts: u32,
) -> (Vec<i64>, Option<i64>) {
    let filter = LogFilter {
        words: Some(text.parse().unwrap()),
        order,
        ..all()
    };
    let mut left = parts;
    let patient = || {
        left -= 1;
        left > 0
    };
    let page = search::search_while(connection, &filter, patient).unwrap();
    (page.rows.iter().map(|row| row.id).collect(), page.next)
}

#[test]
fn words_that_never_meet_are_looked_for_part_by_part() {
    let connection = never();
    for text in ["even odd", "\"two one\""] {
        let (down, up) = (Order::Before(i64::MAX), Order::After(0, 80_000));
        for (parts, place_down, place_up) in [(1, 65_536, 16_383), (2, 49_152, 32_767)] {
            let before = given_up(&connection, text, down, parts);
            assert_eq!(before, (vec![], Some(place_down)), "{text}");
            let after = given_up(&connection, text, up, parts);
            assert_eq!(after, (vec![], Some(place_up)), "{text}");
        }
        for order in [
            down,
            up,
            Order::Before(16_384),
            Order::After(65_535, 80_000),
        ] {
            assert_eq!(
                given_up(&connection, text, order, 9),
                (vec![], None),
                "{text}"
            );
        }
    }
}

#[test]
fn parts_in_which_a_word_is_not_are_not_looked_through() {
    let connection = never();
    let (down, up) = (Order::Before(i64::MAX), Order::After(0, 80_000));
    for text in [
        "rare even",
        "even rare",
        "\"even rare one\" two",
        "rare rare even",
    ] {
        // Of five parts, three have it, and they alone are looked through.
        let all_down = given_up(&connection, text, down, 4);
        assert_eq!(all_down, (vec![70_000, 40_000, 100], None), "{text}");
        assert_eq!(
            given_up(&connection, text, up, 4),
            (vec![100, 40_000, 70_000], None)
        );
        assert_eq!(
            given_up(&connection, text, down, 1),
            (vec![70_000], Some(65_536))
        );
        assert_eq!(
            given_up(&connection, text, Order::Before(65_536), 1),
            (vec![], Some(49_152))
        );
    }
    assert_eq!(given_up(&connection, "zebra even", down, 2), (vec![], None));
    assert_eq!(
        given_up(&connection, "\u{e000}0 even", down, 2),
        (vec![], None)
    );
}

#[test]
fn a_page_goes_over_from_one_part_to_the_next() {
    let connection = never();
    let page = |limit| {
        let filter = LogFilter {
            words: Some("one".parse().unwrap()),
            order: Order::Before(20_000),
            limit,
            ..all()
        };
        let page = search::search_while(&connection, &filter, || true).unwrap();
        (page.rows.len(), page.rows.last().unwrap().id, page.next)
    };
    // 3,616 of them are of the second part.
    assert_eq!(page(3_615), (3_615, 16_385, Some(16_385)));
    assert_eq!(page(3_616), (3_616, 16_384, Some(16_384)));
    assert_eq!(page(3_617), (3_617, 16_383, Some(16_383)));
    assert_eq!(page(19_999), (19_999, 1, None));
}

#[test]
fn no_list_of_what_is_not_a_word_is_cut_into_spans() {
    let entries: Vec<_> = (1..=5_000).map(|number| entry(number, 1)).collect();
    let connection = database(&entries);
    let filter = LogFilter {
        request_id: Some("r1".to_owned()),
        ..all()
    };
    let page = search::search_while(&connection, &filter, || false).unwrap();
    assert_eq!((page.rows.len(), page.next), (1, None));
}

#[test]
fn what_fails_is_told_with_the_last_reason_within_its_time() {
    let failed = |number, at: u64, message: &str| {
        let mut entry = Entry {
            outcome: OutcomeName::Threw,
            lambda: 2,
            ..entry(number, at)
        };
        entry.logs.iter_mut().for_each(|log| {
            log.level = LogLevel::Error;
            log.message = message.to_owned();
        });
        entry
    };
    let entries = [
        failed(1, BUCKET_MS, "Received Error - first"),
        failed(2, 3 * BUCKET_MS, "Received Error - second"),
        failed(3, 3 * BUCKET_MS + 1, "something else"),
        entry(5, 2 * BUCKET_MS),
        entry(7, 4 * BUCKET_MS),
    ];
    let connection = database(&entries);
    let failing = |start, end| {
        let span = Span {
            account: 1,
            lambda: None,
            start: start * BUCKET_MS,
            end: end * BUCKET_MS,
        };
        failing(&connection, &span, 20).unwrap()
    };
    let told = Failing {
        lambda: 2,
        failures: 3,
        invocations: 4,
        last_at: 3 * BUCKET_MS,
        last_message: Some("second".to_owned()),
    };
    assert_eq!(failing(0, 4), std::slice::from_ref(&told));
    let of_later = Failing {
        failures: 2,
        invocations: 3,
        ..told
    };
    assert_eq!(failing(2, 4), [of_later]);
    assert_eq!(failing(4, 5), []);
}

#[test]
fn logs_are_found_by_each_of_their_sides_and_by_all_together() {
    let connection = ten();
    let lambda = LogFilter {
        lambda: Some(2),
        ..all()
    };
    assert_eq!(ids(&connection, &lambda), [9, 7, 5, 3, 1]);
    let levels = LogFilter {
        levels: vec![LogLevel::Warn, LogLevel::Error],
        ..all()
    };
    assert_eq!(ids(&connection, &levels), [10, 8, 7, 5, 4, 2, 1]);
    let request = LogFilter {
        request_id: Some("r5".to_owned()),
        ..all()
    };
    assert_eq!(ids(&connection, &request), [5]);
    let words = LogFilter {
        words: Some("EXTRA message".parse().unwrap()),
        lambda: Some(1),
        levels: vec![LogLevel::Info],
        ..all()
    };
    assert_eq!(ids(&connection, &words), [6]);
    let both = LogFilter {
        request_id: Some("r6".to_owned()),
        ..words.clone()
    };
    assert_eq!(ids(&connection, &both), [6]);
    let phrase = |text: &str| LogFilter {
        words: Some(text.parse().unwrap()),
        ..all()
    };
    assert_eq!(ids(&connection, &phrase("\"message 4\"")), [4]);
    assert!(ids(&connection, &phrase("\"4 message\"")).is_empty());
    assert!(
        ids(&connection, &phrase("l1")).is_empty(),
        "a scope is no word"
    );
}

#[test]
fn a_time_begins_with_its_start_and_ends_before_its_end() {
    let connection = ten();
    let between = |start, end| LogFilter {
        times: Some((start, end)),
        ..all()
    };
    let minutes = |from, to| between(from * MINUTE_MS, to * MINUTE_MS);
    assert_eq!(ids(&connection, &minutes(3, 5)), [4, 3]);
    let narrow = between(3 * MINUTE_MS + 1, 5 * MINUTE_MS + 1);
    assert_eq!(ids(&connection, &narrow), [5, 4]);
    assert!(ids(&connection, &minutes(11, 20)).is_empty());
    let with_word = LogFilter {
        words: Some("message".parse().unwrap()),
        ..minutes(2, 4)
    };
    assert_eq!(ids(&connection, &with_word), [3, 2]);
}

#[test]
fn what_was_written_late_is_found_by_its_own_time() {
    let entries = [
        entry(1, 9 * MINUTE_MS),
        entry(2, 2 * MINUTE_MS),
        entry(3, 9 * MINUTE_MS),
    ];
    let connection = database(&entries);
    let times = LogFilter {
        times: Some((2 * MINUTE_MS, 3 * MINUTE_MS)),
        ..all()
    };
    assert_eq!(ids(&connection, &times), [2]);
}

#[test]
fn no_search_sorts_or_reads_a_whole_table() {
    let connection = ten();
    for filter in [
        all(),
        LogFilter {
            lambda: Some(1),
            ..all()
        },
        LogFilter {
            request_id: Some("r1".to_owned()),
            ..all()
        },
        LogFilter {
            words: Some("message".parse().unwrap()),
            ..all()
        },
        LogFilter {
            words: Some("message".parse().unwrap()),
            request_id: Some("r1".to_owned()),
            ..all()
        },
    ] {
        let plan = search::plan(&connection, &filter).unwrap().join("\n");
        assert!(!plan.contains("TEMP B-TREE"), "{plan}");
        assert!(!plan.contains("SCAN logs\n"), "{plan}");
    }
}

fn counts(connection: &Connection) -> (i64, i64, i64, i64) {
    let count = |table: &str| {
        let sql = format!("SELECT count(*) FROM {table}");
        connection.query_row(&sql, [], |row| row.get(0)).unwrap()
    };
    (
        count("invocations"),
        count("logs"),
        count("logs_text"),
        count("log_minutes"),
    )
}

#[test]
fn a_sweep_keeps_the_young_and_no_more_than_the_maximum() {
    let now = now_ms();
    let mut entries: Vec<_> = (1..=3).map(|number| entry(number, 1)).collect();
    entries.extend((4..=10).map(|number| entry(number, now)));
    let mut connection = database(&entries);
    let keep = |invocations_max| JournalConfig {
        invocations_max,
        ..JournalConfig::default()
    };
    assert!(!sweep(&mut connection, &keep(100)).unwrap());
    assert_eq!(counts(&connection), (7, 7, 7, 1));
    assert!(!sweep(&mut connection, &keep(2)).unwrap());
    assert_eq!(ids(&connection, &all()), [10, 9]);
    assert!(!sweep(&mut connection, &keep(0)).unwrap());
    assert_eq!(counts(&connection), (0, 0, 0, 0));
}

#[test]
fn logs_take_no_more_room_than_they_may() {
    let now = now_ms();
    let entries: Vec<_> = (1..=9).map(|number| entry(number, now)).collect();
    let mut connection = database(&entries);
    let one = ENTRY_BYTES + "message 1".len() as u64 + "[\"extra\"]".len() as u64;
    let mut keep = |bytes| {
        let keep = JournalConfig {
            logs_bytes_max: ByteSize::bytes(bytes),
            ..JournalConfig::default()
        };
        assert!(!sweep(&mut connection, &keep).unwrap());
        ids(&connection, &all()).len()
    };
    assert_eq!(keep(9 * one), 9);
    assert_eq!(keep(9 * one - 1), 8);
    assert_eq!(keep(3 * one + 1), 3);
    assert_eq!(keep(3 * one), 3);
}

#[test]
fn a_large_sweep_takes_several_small_ones() {
    let entries: Vec<_> = (1..=4_500).map(|number| entry(number, 1)).collect();
    let mut connection = database(&entries);
    let keep = JournalConfig::default();
    let mut sweeps = 0;
    while sweep(&mut connection, &keep).unwrap() {
        sweeps += 1;
    }
    assert_eq!(sweeps, 2);
    assert_eq!(counts(&connection), (0, 0, 0, 0));
}

#[test]
fn figures_add_up_over_batches_lambdas_and_steps() {
    let mut connection = database(&[entry(1, 1), entry(2, 2), entry(3, 3)]);
    let later = Entry {
        outcome: OutcomeName::ExceededTime,
        ..entry(1, BUCKET_MS * 13)
    };
    write(&mut connection, &[later, entry(3, 4)]).unwrap();
    let span = |lambda| Span {
        account: 1,
        lambda,
        start: 0,
        end: BUCKET_MS * 14,
    };
    assert_eq!(totals(&connection, &span(None)).unwrap(), [0, 4, 0, 0, 1]);
    assert_eq!(
        totals(&connection, &span(Some(2))).unwrap(),
        [0, 3, 0, 0, 1]
    );
    let hours = sum(&connection, &span(Some(2)), 12 * BUCKET_MS).unwrap();
    assert_eq!(hours[&0], [0, 3, 0, 0, 0]);
    assert_eq!(hours[&1], [0, 0, 0, 0, 1]);
    let figures = figures(&connection, &span(Some(2)), BUCKET_MS).unwrap();
    assert_eq!(figures[&0].invocations(), 3);
    assert_eq!(figures[&0].latencies.percentile(0.5), Some(0.016));
}

#[test]
fn figures_are_kept_for_their_days() {
    let mut connection = database(&[entry(1, 1), entry(2, now_ms())]);
    sweep(&mut connection, &JournalConfig::default()).unwrap();
    let span = Span {
        account: 1,
        lambda: None,
        start: 0,
        end: now_ms() + 1,
    };
    assert_eq!(totals(&connection, &span).unwrap(), [0, 1, 0, 0, 0]);
}
