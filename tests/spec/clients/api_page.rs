//! `docs/api.md` does what it says, command by command.

use std::process::{Command, Stdio};

use crate::harness::binary::{self, Ran, Serving};
use crate::harness::temporary;

const PAGE: &str = include_str!("../../../docs/api.md");

/// The commands of the page, each with what they print where the page says so.
fn steps() -> Vec<(&'static str, Option<&'static str>)> {
    let mut steps = Vec::new();
    for fence in PAGE.split("```").skip(1).step_by(2) {
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

#[test]
fn each_command_of_the_page_works_and_prints_what_the_page_says() {
    let steps = steps();
    assert!(steps.len() > 12, "{steps:?}");
    let directory = temporary::directory();
    let serving = Serving::start(&directory.path().join(".sandglass"));
    let commands = steps.iter().map(|(commands, _)| *commands);
    let script: String = commands.flat_map(|step| [step, "printf '\\0'\n"]).collect();
    let script = script.replace("http://127.0.0.1:8080", &serving.url);
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
