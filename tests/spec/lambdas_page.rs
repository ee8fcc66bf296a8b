//! `docs/lambdas.md` does what it says, command by command.

use crate::harness::page;

#[test]
fn each_command_of_the_page_works_and_prints_what_the_page_says() {
    page::check(include_str!("../../docs/lambdas.md"));
}
