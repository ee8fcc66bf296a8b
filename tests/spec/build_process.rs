//! What is done with a source in native code is done in a process of its own, within limits.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use reqwest::Method;
use rustix::process::{Pid, Signal, kill_process};
use sandglass_compiler::{CompileError, CompileErrorKind, Compiler, Source, WorkerLimits, Workers};
use sandglass_runtime::ByteSize;
use serde_json::{Value, json};

use crate::harness::binary::{self, Serving};
use crate::harness::server::{self, Reply, check_error};
use crate::harness::{block_on, runtime, temporary, tokio};

const HELLO: &str = "function lambda(input, callback) { callback(null, 'hello'); }";

/// Each constant is twice as long as the last, and the bundler evaluates them.
fn doubling(times: usize) -> String {
    let constants: String = (0..times)
        .map(|n| format!("const a{} = a{n} + a{n};", n + 1))
        .collect();
    format!("const a0 = 'xxxxxxxxxx'; {constants} export const lambda = () => a{times};")
}

/// The same by an enumeration of TypeScript, whose values are texts.
fn doubling_enum(times: usize) -> String {
    let members: String = (0..times)
        .map(|n| format!(", a{} = `${{a{n}}}${{a{n}}}`", n + 1))
        .collect();
    format!("enum A {{ a0 = 'xxxxxxxxxx'{members} }} export const lambda = () => A.a1;")
}

/// For each module that is missing, the whole source is looked through again: seconds of work.
fn slow() -> String {
    let imports: String = (0..4_500).map(|n| format!("import './m{n}.js';")).collect();
    format!("{imports} export const lambda = () => 1;")
}

fn deploy(server: &Serving, name: &str, file_name: &str, code: &str) -> server::Call {
    let body = json!({ "name": name, "fileName": file_name, "code": code });
    server.call(Method::POST, "/deploy").json(&body)
}

#[track_caller]
fn deployed(server: &Serving, name: &str, code: &str) -> Value {
    let reply = deploy(server, name, "lambda.js", code).send();
    assert_eq!(reply.status, 200, "{reply:?}");
    reply.json()
}

fn invoke(server: &Serving, name: &str) -> server::Call {
    let path = format!("/lambdas/{name}/invoke?v=1&externalSystem=tests");
    server
        .call(Method::POST, &path)
        .json(&json!({ "payload": {} }))
}

/// The message of a build that failed by the fault of its source.
#[track_caller]
fn build_error(reply: &Reply) -> String {
    check_error(reply, 422, "fm.build-error")
}

/// A process that another one has started.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Process {
    id: i32,
    state: String,
    group: i32,
    /// In hundredths of a second.
    cpu: u64,
}

fn children(parent: u32) -> Vec<Process> {
    let ids = fs::read_dir("/proc").unwrap().filter_map(|entry| {
        let id: i32 = entry.ok()?.file_name().to_str()?.parse().ok()?;
        let stat = fs::read_to_string(format!("/proc/{id}/stat")).ok()?;
        // The name before it may hold anything.
        let fields: Vec<&str> = stat.rsplit_once(')')?.1.split_whitespace().collect();
        let number = |n: usize| fields[n].parse::<u64>().unwrap();
        (number(1) == u64::from(parent)).then(|| Process {
            id,
            state: fields[0].to_owned(),
            group: fields[2].parse().unwrap(),
            cpu: number(11) + number(12),
        })
    });
    ids.collect()
}

/// Waits until something is so.
#[track_caller]
fn eventually<T>(what: &str, mut test: impl FnMut() -> Option<T>) -> T {
    let until = Instant::now() + Duration::from_secs(30);
    loop {
        if let Some(found) = test() {
            return found;
        }
        assert!(Instant::now() < until, "{what}");
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// The one process that the server keeps ready.
#[track_caller]
fn idle(server: &Serving) -> Process {
    eventually("one process waits, confined", || {
        match children(server.id()).as_slice() {
            [only] if only.state == "S" && status(only, "Seccomp") == "2" => Some(only.clone()),
            _ => None,
        }
    })
}

/// The one process that works, and has for a while.
#[track_caller]
fn busy(server: &Serving) -> Process {
    eventually("one process works", || {
        let found = children(server.id());
        found.into_iter().find(|child| child.cpu > 30)
    })
}

fn status(process: &Process, key: &str) -> String {
    let status = fs::read_to_string(format!("/proc/{}/status", process.id)).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix(key));
    line.map_or_else(String::new, |rest| {
        rest.trim_start_matches(':').trim().to_owned()
    })
}

fn kill(process: &Process) {
    kill_process(Pid::from_raw(process.id).unwrap(), Signal::KILL).unwrap();
}

#[track_caller]
fn gone(process: &Process) {
    let path = format!("/proc/{}/stat", process.id);
    let is_gone = || match fs::read_to_string(&path) {
        // Whoever adopts it may take its time.
        Ok(stat) => stat.contains(") Z ").then_some(()),
        Err(_) => Some(()),
    };
    eventually("the process is gone", is_gone);
}

#[test]
fn a_source_that_takes_all_memory_fails_its_build_and_nothing_else() {
    let directory = temporary::directory();
    let server = Serving::start(&directory.path().join("data"));
    deployed(&server, "hello", HELLO);
    let hostile = [("a.mjs", doubling(40)), ("a.ts", doubling_enum(40))];
    let builds: Vec<_> = hostile
        .iter()
        .map(|(file, code)| tokio().spawn(deploy(&server, "hostile", file, code).send_async()))
        .collect();
    let mut answered = 0;
    while answered < 20 || builds.iter().any(|build| !build.is_finished()) {
        let reply = invoke(&server, "hello").send();
        assert_eq!((reply.status, reply.text.as_str()), (200, "\"hello\""));
        answered += 1;
    }
    for build in builds {
        let reply = block_on(build).unwrap().unwrap();
        assert_eq!(
            build_error(&reply),
            "parsing and bundling the source needs more than 512 MiB of memory: it was stopped"
        );
        assert_ne!(reply.json()["hint"], "");
    }
    deployed(&server, "another", HELLO);
}

#[test]
fn a_source_that_takes_long_is_stopped_and_told_which_limit_it_hit() {
    for (settings, says) in [
        ("cpu_seconds = 1", "more than 1 s of processor time"),
        ("wall_clock_ms = 200", "longer than 200 ms"),
    ] {
        let directory = temporary::directory();
        let settings = format!("[builds]\n{settings}");
        let server = Serving::start_with(&directory.path().join("data"), &settings);
        let message = build_error(&deploy(&server, "slow", "a.mjs", &slow()).send());
        assert!(message.contains(says), "{message}");
        deployed(&server, "hello", HELLO);
    }
}

#[test]
fn within_its_time_a_source_is_told_what_is_wrong_with_it() {
    let directory = temporary::directory();
    let server = Serving::start_with(&directory.path().join("data"), "[builds]\ncpu_seconds = 30");
    let message = build_error(&deploy(&server, "slow", "a.mjs", &slow()).send());
    assert_eq!(message, "cannot find module './m0.js'");
}

#[test]
fn past_the_builds_that_run_and_wait_one_is_answered_429_and_when_to_come_again() {
    let directory = temporary::directory();
    let settings = "builds_max = 1\n[builds]\nqueue_max = 1\nwall_clock_ms = 1500";
    let server = Serving::start_with(&directory.path().join("data"), settings);
    let build = || tokio().spawn(deploy(&server, "slow", "a.mjs", &slow()).send_async());
    let finished = |builds: Vec<tokio::task::JoinHandle<_>>| -> Vec<Reply> {
        let replies = builds.into_iter().map(|build| block_on(build).unwrap());
        replies.map(Result::unwrap).collect()
    };
    for reply in finished(vec![build(), build()]) {
        build_error(&reply);
    }
    let replies = finished(vec![build(), build(), build()]);
    let (full, built): (Vec<_>, Vec<_>) = replies.iter().partition(|reply| reply.status == 429);
    built.into_iter().for_each(|reply| _ = build_error(reply));
    let [full] = full.as_slice() else {
        panic!("{replies:?}")
    };
    let message = check_error(full, 429, "es.toomanyrequests");
    assert_eq!(message, "too many builds are waiting: try again");
    assert_eq!(full.header("retry-after"), "5");
}

#[test]
fn a_build_whose_process_is_killed_fails_and_the_old_version_serves_on() {
    let directory = temporary::directory();
    let server = Serving::start(&directory.path().join("data"));
    deployed(&server, "hello", HELLO);
    idle(&server);
    let build = tokio().spawn(deploy(&server, "hello", "a.mjs", &slow()).send_async());
    kill(&busy(&server));
    let message = build_error(&block_on(build).unwrap().unwrap());
    assert!(message.contains("was ended from outside"), "{message}");
    assert_eq!(invoke(&server, "hello").send().text, "\"hello\"");
    assert_eq!(
        deployed(&server, "hello", &format!("{HELLO} //"))["version"],
        2
    );
}

#[test]
fn a_process_that_is_killed_while_it_waits_costs_nobody_a_build() {
    let directory = temporary::directory();
    let server = Serving::start(&directory.path().join("data"));
    let waiting = idle(&server);
    kill(&waiting);
    // A signal is sent before it is received.
    gone(&waiting);
    deployed(&server, "hello", HELLO);
}

#[test]
fn a_server_that_is_killed_takes_its_build_along_and_nothing_of_it_is_found_later() {
    let directory = temporary::directory();
    let data_dir = directory.path().join("data");
    let server = Serving::start(&data_dir);
    deployed(&server, "hello", HELLO);
    let call = deploy(&server, "hello", "a.mjs", &slow());
    let build = tokio().spawn(call.send_async());
    let worker = busy(&server);
    server.kill();
    assert!(block_on(build).unwrap().is_err());
    gone(&worker);
    let server = Serving::start(&data_dir);
    assert_eq!(invoke(&server, "hello").send().text, "\"hello\"");
    let lambdas = server.call(Method::GET, "/lambdas").send().json();
    assert_eq!(lambdas.as_array().unwrap().len(), 1, "{lambdas}");
    assert_eq!(lambdas[0]["version"], 1, "{lambdas}");
}

#[test]
fn a_server_that_stops_leaves_no_process() {
    let directory = temporary::directory();
    let server = Serving::start(&directory.path().join("data"));
    let waits = idle(&server);
    assert_eq!(server.terminate(), Some(0));
    gone(&waits);
}

#[test]
fn each_build_has_a_process_and_nothing_is_left_of_it() {
    let directory = temporary::directory();
    let server = Serving::start(&directory.path().join("data"));
    let mut seen = vec![idle(&server).id];
    for n in 0..5 {
        deployed(&server, "hello", &format!("{HELLO} // {n}"));
        // It is the only one, so there is no zombie either.
        seen.push(idle(&server).id);
    }
    seen.sort_unstable();
    seen.dedup();
    assert_eq!(seen.len(), 6);
}

#[test]
fn a_process_for_builds_has_nothing_of_the_servers_and_no_way_to_get_it() {
    let directory = temporary::directory();
    let server = Serving::start(&directory.path().join("data"));
    let worker = idle(&server);
    let read = |file: &str| fs::read_to_string(format!("/proc/{}/{file}", worker.id)).unwrap();
    let environment = read("environ");
    let names: Vec<&str> = environment
        .split_terminator('\0')
        .filter_map(|variable| Some(variable.split_once('=')?.0))
        .collect();
    let own = [
        "MIMALLOC_ARENA_EAGER_COMMIT",
        "RAYON_NUM_THREADS",
        "TOKIO_WORKER_THREADS",
    ];
    assert_eq!(names, own);
    let limits = read("limits");
    for name in ["Max file size", "Max open files", "Max core file size"] {
        let line = limits.lines().find(|line| line.starts_with(name)).unwrap();
        let numbers: Vec<&str> = line[name.len()..].split_whitespace().take(2).collect();
        assert_eq!(numbers, ["0", "0"], "{line}");
    }
    assert_eq!(status(&worker, "NoNewPrivs"), "1");
    assert_eq!(worker.group, worker.id);
    for file in fs::read_dir(format!("/proc/{}/fd", worker.id)).unwrap() {
        let file = file.unwrap();
        let what = fs::read_link(file.path()).unwrap();
        let what = what.to_str().unwrap();
        let number: i32 = file.file_name().to_str().unwrap().parse().unwrap();
        // What whoever runs the tests left open for them, the worker can make no use of.
        let ours = fs::read_link(format!("/proc/self/fd/{number}"));
        let is_left_open = ours.is_ok_and(|ours| ours.to_str() == Some(what));
        // Beyond its pipes it has what its own threads wake each other with.
        let is_its_own = match number {
            0..=2 => what.starts_with("pipe:"),
            _ => what.starts_with("anon_inode:") || what.starts_with("socket:") || is_left_open,
        };
        assert!(
            is_its_own || is_inherited(&server, number),
            "{number} is {what}"
        );
    }
}

/// Whether the server itself was started with that file, which no child of it is spared then.
fn is_inherited(server: &Serving, number: i32) -> bool {
    const CLOSED_FOR_CHILDREN: u32 = 0o2_000_000;
    let info = fs::read_to_string(format!("/proc/{}/fdinfo/{number}", server.id()));
    let info = info.unwrap_or_default();
    let flags = info.lines().find_map(|line| line.strip_prefix("flags:"));
    let flags = flags.and_then(|flags| u32::from_str_radix(flags.trim(), 8).ok());
    flags.is_some_and(|flags| flags & CLOSED_FOR_CHILDREN == 0)
}

/// A compiler whose native part runs in processes of an executable.
fn compiler(executable: &Path, change: impl FnOnce(&mut WorkerLimits)) -> Compiler {
    let mut limits = WorkerLimits::default();
    change(&mut limits);
    let workers = Workers::new(executable, limits).unwrap();
    Compiler::new(runtime()).with_workers(workers)
}

fn compiled(compiler: &Compiler, name: &str, code: &str) -> Result<Vec<u8>, CompileError> {
    let source = Source::new(name, code)?.env("A", "1")?;
    // Processes are started from threads of the runtime, as in a server.
    let compiler = compiler.clone();
    let compiled = tokio().spawn(async move { compiler.compile(&source).await });
    Ok(block_on(compiled).unwrap()?.as_bytes().to_vec())
}

#[test]
fn a_process_makes_the_same_bytes_and_the_same_errors() {
    let here = Compiler::new(runtime());
    let there = compiler(binary::path(), |_| {});
    for (name, code) in [
        ("a.js", HELLO),
        (
            "a.js",
            "const _ = require('lodash'); async function lambda() { return fetch; }",
        ),
        (
            "a.ts",
            "import { URL } from 'url'; enum A { B } export const lambda = (a: A) => new URL(`${a}`);",
        ),
        (
            "a.mjs",
            "import _, { chunk } from 'lodash'; export default function (input) { return chunk(input); }",
        ),
        ("a.mjs", &doubling(12)),
        ("a.mjs", &doubling(20)),
        ("a.js", "let other = () => {};"),
        ("a.js", "function lambda( {"),
        ("a.js", "\u{feff}\u{feff}function lambda() {}"),
        ("a.js", "const ä = '😀'; await 1; function lambda() {}"),
        ("a.ts", "export const lambda = (a: number = ) => a;"),
        ("a.js", "require('left-pad'); function lambda() {}"),
        ("a.mjs", "import vm from 'vm'; export function lambda() {}"),
        (
            "a.mjs",
            "import { nothing } from 'url'; export function lambda() { nothing(); }",
        ),
        (
            "a.mjs",
            "import './a.json'; import '../b.mjs'; import '/etc/passwd'; export function lambda() {}",
        ),
        (
            "a.mjs",
            "throw new Error('no'); export function lambda() {}",
        ),
        ("a.js", "x.y.z; function lambda() {}"),
        (
            "a.mjs",
            &format!(
                "export const lambda = () => {}1{};",
                "[".repeat(6_000),
                "]".repeat(6_000)
            ),
        ),
        ("a.js", &"(a=".repeat(20_000)),
        ("a.js", &"[".repeat(100_000)),
        ("a.js", ""),
    ] {
        let shown: String = code.chars().take(80).collect();
        assert_eq!(
            compiled(&there, name, code),
            compiled(&here, name, code),
            "{shown}"
        );
    }
}

#[test]
fn what_was_bundled_already_is_only_looked_through() {
    let bundle = sandglass_runtime::artifact::Bundle {
        code: "exports.lambda = () => 2;".into(),
        map: String::new(),
        module: false,
        requires: Vec::new(),
        files: BTreeMap::new(),
    };
    let source = Source::new("a.js", "require('./b'); function lambda() {}").unwrap();
    let source = source.with_bundle(bundle).unwrap();
    let compile = |compiler: Compiler| {
        let source = source.clone();
        let compiled = tokio().spawn(async move { compiler.compile(&source).await });
        block_on(compiled).unwrap().unwrap().as_bytes().to_vec()
    };
    let there = compile(compiler(binary::path(), |_| {}));
    assert_eq!(there, compile(Compiler::new(runtime())));
}

#[test]
fn memory_is_enough_up_to_its_limit_and_not_past_it() {
    let code: String = (0..4_000)
        .map(|n| format!("export const v{n} = 1;"))
        .collect();
    let code = format!("{code} export const lambda = () => v0;");
    let with = |mebibytes| {
        let compiler = compiler(binary::path(), |l| l.memory = ByteSize::mib(mebibytes));
        compiled(&compiler, "a.mjs", &code)
    };
    assert!(with(256).is_ok());
    let error = with(16).unwrap_err();
    assert_eq!(error.kind, CompileErrorKind::Exceeded);
    assert!(
        error.message.contains("more than 16 MiB of memory"),
        "{error}"
    );
}

/// A worker that says that it is ready, and then does what the script says. Another process writes
/// the file: one that this process has open for writing cannot be run.
fn impostor(directory: &Path, script: &str) -> PathBuf {
    let (text, file) = (directory.join("script"), directory.join("worker"));
    let ready = r"printf 'SGW2\000\000\000\000'";
    fs::write(&text, format!("#!/bin/sh\n{ready}\n{script}\n")).unwrap();
    let installed = Command::new("install")
        .args(["-m", "755"])
        .args([&text, &file])
        .status()
        .unwrap();
    assert!(installed.success());
    file
}

#[test]
fn whatever_a_process_does_with_a_source_the_build_says_what_happened() {
    for (script, says) in [
        ("sleep 60", "takes longer than 500 ms"),
        ("while :; do :; done", "takes longer than 500 ms"),
        (
            "printf 'GARBAGE, GARBAGE'; sleep 5",
            "its answer makes no sense",
        ),
        (
            r"printf 'SGW2\001\000\000\000\377'; sleep 5",
            "its answer makes no sense",
        ),
        (
            r"printf 'SGW2\377\377\377\377'; cat /dev/zero",
            "its answer makes no sense",
        ),
        (
            r"printf 'SGW0\001\000\000\000\000'; sleep 5",
            "its answer makes no sense",
        ),
        (
            r"printf 'SGW2\377\000\000\000half'; exit 0",
            "(exit code 0)",
        ),
        ("exit 3", "(exit code 3)"),
        ("kill -SEGV $$", "(signal 11)"),
        ("kill -KILL $$", "was ended from outside"),
        ("kill -XCPU $$", "more than 10 s of processor time"),
        (
            "echo memory allocation of 5 bytes failed >&2; kill -ABRT $$",
            "more than 512 MiB of memory",
        ),
        (
            "echo thread x has overflowed its stack >&2; kill -ABRT $$",
            "nested too deeply",
        ),
        ("kill -ABRT $$", "(signal 6)"),
        ("exec >&-; sleep 60", "its answer makes no sense"),
    ] {
        let directory = temporary::directory();
        let impostor = impostor(directory.path(), script);
        let compiler = compiler(&impostor, |l| l.wall_clock = Duration::from_millis(500));
        let error = compiled(&compiler, "a.js", HELLO).unwrap_err();
        assert_eq!(error.kind, CompileErrorKind::Exceeded, "{script}: {error}");
        assert!(error.message.contains(says), "{script}: {error}");
        assert!(!error.hint.is_empty(), "{script}: {error}");
    }
}

#[test]
fn an_executable_that_is_no_worker_is_the_hosts_fault() {
    for (executable, says) in [
        ("/nowhere/sandglass", "cannot be run"),
        ("/bin/true", "it ended before it had said anything"),
        ("/bin/echo", "what it says makes no sense"),
    ] {
        let compiler = compiler(Path::new(executable), |_| {});
        let error = compiled(&compiler, "a.js", HELLO).unwrap_err();
        assert_eq!(error.kind, CompileErrorKind::Host, "{error}");
        assert!(error.message.contains(says), "{error}");
    }
}

#[test]
fn a_worker_that_nobody_started_for_a_build_does_nothing() {
    for arguments in [&["build-worker"][..], &["build-worker", "{}"]] {
        let ran = binary::run(binary::sandglass(arguments));
        assert_eq!((ran.code, ran.out.as_str()), (1, ""), "{ran:?}");
        assert!(ran.err.contains("for the server's own use"), "{ran:?}");
    }
    let stranger = json!({ "parent": 1, "cpuSeconds": 1, "memoryBytes": 1 }).to_string();
    let ran = binary::run(binary::sandglass(&["build-worker", &stranger]));
    assert!(
        ran.err
            .contains("the process that started this one is gone"),
        "{ran:?}"
    );
}
