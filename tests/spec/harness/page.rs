//! How does a test do what a page of the documentation says?

use std::process::{Command, Stdio};

use super::binary::{self, Ran, Serving};
use super::temporary;

/// The address that pages give their server.
const ADDRESS: &str = "http://127.0.0.1:8080";

/// The commands of a page, each with what they print where the page says so.
pub(crate) fn steps(page: &str) -> Vec<(&str, Option<&str>)> {
    let mut steps = Vec::new();
    for fence in page.split("```").skip(1).step_by(2) {
        match fence.split_once('\n') {
            Some(("sh", commands)) => steps.push((commands, None)),
            Some(("text", printed)) => {
                let (_, said) = steps.last_mut().expect("commands come first");
                assert!(said.replace(printed.trim_end()).is_none(), "{fence}");
            }
            _ => panic!("neither commands nor what they print: {fence}"),
        }
    }
    steps
}

/// Runs the commands of a page in an empty folder, with a new server, and compares what they print.
#[track_caller]
pub(crate) fn check(page: &str) {
    let steps = steps(page);
    assert!(steps.len() > 12, "{steps:?}");
    let directory = temporary::directory();
    let serving = Serving::start(&directory.path().join(".sandglass"));
    let commands = steps.iter().map(|(commands, _)| *commands);
    let script: String = commands.flat_map(|step| [step, "printf '\\0'\n"]).collect();
    let script = script.replace(ADDRESS, &serving.url);
    let known = std::env::var_os("PATH").unwrap_or_default();
    let known = std::env::split_paths(&known).collect::<Vec<_>>();
    let sandglass = binary::path().parent().expect("it is in a directory");
    let path = std::env::join_paths([sandglass.to_owned()].into_iter().chain(known));
    let ran: Ran = Command::new("bash")
        .args(["-euo", "pipefail", "-c", &script])
        .current_dir(directory.path())
        .env_clear()
        .env("PATH", path.expect("it was one before"))
        .stdin(Stdio::null())
        .output()
        .expect("bash can be run")
        .into();
    for ((commands, said), printed) in steps.iter().zip(ran.out.split('\0')) {
        if let Some(said) = said {
            assert_eq!(printed.trim_end(), *said, "{commands}\n{}", ran.err);
        }
    }
    assert_eq!(ran.code, 0, "{ran:?}");
}
