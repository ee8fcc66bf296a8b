//! Is an answer checked that a hijacked worker could have made?

use std::collections::BTreeMap;

use sandglass_runtime::artifact::FileBytes;

use super::*;
use crate::syntax::Require;

fn source() -> Source {
    Source::new("a.js", "function lambda() {}").unwrap()
}

fn settled(source: &Source, answer: &Answer) -> Option<Result<Prepared, CompileError>> {
    let frame = frame(answer).unwrap();
    let settled = settle(source, &frame[HEADER_BYTES..])?;
    Some(settled.map_err(CompileError::from))
}

fn found(change: impl FnOnce(&mut Findings), bundle: Option<Bundle>) -> Answer {
    let mut findings = Findings::default();
    change(&mut findings);
    Answer::Prepared { findings, bundle }
}

fn bundle() -> Bundle {
    Bundle {
        code: "1".into(),
        map: String::new(),
        module: true,
        requires: vec!["url".into()],
        files: BTreeMap::new(),
    }
}

fn failure(kind: CompileErrorKind, message: &str) -> Answer {
    Answer::Failed(CompileError::new(kind, "a.js", message).into())
}

#[test]
fn what_was_sent_is_what_comes() {
    let request = Request {
        file_name: "ä.js".into(),
        code: "\0\"\n".into(),
        bundled: true,
    };
    let frame = frame(&request).unwrap();
    let read: Request = message(&read(&*frame, frame.len() - HEADER_BYTES).unwrap()).unwrap();
    assert_eq!(read.file_name, request.file_name);
    assert_eq!((read.code, read.bundled), (request.code, true));
}

#[test]
fn a_frame_is_bounded_before_it_is_read() {
    let frame = frame(&"1234").unwrap();
    let length = frame.len() - HEADER_BYTES;
    assert!(read(&*frame, length).is_ok());
    let error = read(&*frame, length - 1).unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::InvalidData);
    let error = read(&frame[..frame.len() - 1], length).unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::UnexpectedEof);
}

#[tokio::test]
async fn a_frame_of_another_version_is_garbage_and_half_a_frame_is_an_end() {
    let whole = frame(&"1234").unwrap();
    let received = async |bytes: &[u8], most| receive(&mut &*bytes, most).await;
    assert!(received(&whole, 5).await.is_ok());
    assert_eq!(received(&whole, 4).await, Err(FrameError::Garbage));
    assert_eq!(received(&whole[..9], 5).await, Err(FrameError::Ended));
    assert_eq!(received(&[], 5).await, Err(FrameError::Ended));
    let mut other = whole.clone();
    other[3] = b'0';
    assert_eq!(received(&other, 5).await, Err(FrameError::Garbage));
}

#[test]
fn an_answer_is_taken_whole_or_not_at_all() {
    let frame = frame(&found(|_| {}, None)).unwrap();
    let answer = &frame[HEADER_BYTES..];
    assert!(settle(&source(), answer).unwrap().is_ok());
    assert!(settle(&source(), &answer[..answer.len() - 1]).is_none());
    assert!(settle(&source(), &[answer, &[0]].concat()).is_none());
    assert!(settle(&source(), &[]).is_none());
}

#[test]
fn a_bundle_has_to_be_there_exactly_when_the_source_needs_one() {
    let module = |findings: &mut Findings| findings.module = true;
    assert!(settled(&source(), &found(module, Some(bundle()))).is_some());
    assert!(settled(&source(), &found(module, None)).is_none());
    assert!(settled(&source(), &found(|_| {}, Some(bundle()))).is_none());
    let bundled = source().with_bundle(bundle()).unwrap();
    assert!(settled(&bundled, &found(module, None)).is_some());
    assert!(settled(&bundled, &found(module, Some(bundle()))).is_none());
}

#[test]
fn a_bundle_is_of_the_kind_that_was_found_asks_for_the_engines_modules_only_and_has_no_files() {
    let module = |findings: &mut Findings| findings.module = true;
    let mut script = bundle();
    script.module = false;
    assert!(settled(&source(), &found(module, Some(script))).is_none());
    let mut stranger = bundle();
    stranger.requires.push("sandglass:native".into());
    assert!(settled(&source(), &found(module, Some(stranger))).is_none());
    let mut reader = bundle();
    reader.files.insert("a".into(), FileBytes(Vec::new()));
    assert!(settled(&source(), &found(module, Some(reader))).is_none());
}

#[test]
fn a_bundle_past_its_bound_is_refused_as_everywhere() {
    let module = |findings: &mut Findings| findings.module = true;
    let of = |bytes| Bundle {
        code: "x".repeat(bytes),
        ..bundle()
    };
    let at = settled(&source(), &found(module, Some(of(8_000_000))));
    assert!(at.unwrap().is_ok());
    let past = settled(&source(), &found(module, Some(of(8_000_001))));
    let error = past.unwrap().err().unwrap();
    assert_eq!(error.kind, CompileErrorKind::Source);
}

#[test]
fn a_global_that_is_not_on_the_list_is_no_answer() {
    let known = found(|findings| _ = findings.globals.insert("fetch"), None);
    let prepared = settled(&source(), &known).unwrap().ok().unwrap();
    assert!(prepared.findings.globals.contains("fetch"));
    let other = found(|findings| _ = findings.globals.insert("eval"), None);
    assert!(settled(&source(), &other).is_none());
}

#[test]
fn what_was_found_is_bounded() {
    let of = |bytes| {
        let require = |findings: &mut Findings| {
            findings.module = true;
            findings.requires.push(Require {
                specifier: "x".repeat(bytes),
                offset: 0,
            });
        };
        settled(&source(), &found(require, Some(bundle())))
    };
    assert!(of(FINDINGS_BYTES_MAX - 64).is_some());
    assert!(of(FINDINGS_BYTES_MAX).is_none());
}

#[test]
fn an_error_is_bounded_and_never_the_hosts() {
    let of = |kind, message: &str| settled(&source(), &failure(kind, message));
    let error = of(CompileErrorKind::Syntax, "no").unwrap().err().unwrap();
    assert_eq!(error.to_string(), "a.js: no");
    // Its other fields and the lengths take less.
    let room = FINDINGS_BYTES_MAX - 32;
    assert!(of(CompileErrorKind::Syntax, &"x".repeat(room)).is_some());
    assert!(of(CompileErrorKind::Syntax, &"x".repeat(room + 32)).is_none());
    assert!(of(CompileErrorKind::Threw, "no").is_none());
    let error = of(CompileErrorKind::Host, "no").unwrap().err().unwrap();
    assert_eq!(error.kind, CompileErrorKind::Exceeded);
}

#[test]
fn no_more_mistakes_are_taken_than_are_told_and_each_is_looked_at() {
    let mistake = |kind| CompileError::new(kind, "a.js", "no");
    let of = |kind, others| {
        let first = mistake(CompileErrorKind::Syntax).into();
        let others = vec![mistake(kind); others];
        settled(&source(), &Answer::Failed(Mistakes { first, others }))
    };
    assert!(of(CompileErrorKind::Syntax, Mistakes::MAX - 1).is_some());
    assert!(of(CompileErrorKind::Syntax, Mistakes::MAX).is_none());
    assert!(of(CompileErrorKind::Threw, 1).is_none());
}
