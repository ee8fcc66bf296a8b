//! Which tests are run, and what is done with what comes of them?

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::{Context, Result, bail};
use futures::{StreamExt, TryStreamExt, stream};
use serde_json::{Map, Value};

use crate::arguments::Arguments;
use crate::catalog::Catalog;
use crate::download::Archive;
use crate::expected::{Difference, Expected};
use crate::in_node;
use crate::node::{self, NodeTest};
use crate::progress::Progress;
use crate::reachability::Rules;
use crate::sandbox::{Run, Sandboxes};
use crate::suites::{self, SuiteTest};
use crate::totals::Totals;
use crate::tree::Tree;
use crate::verdict::{self, Verdict};
use crate::web::{self, WebTest};
use crate::{document, scoreboard, subtests};

/// What is run once.
#[derive(Debug, Clone)]
enum Test {
    Node(NodeTest),
    Web(WebTest),
    Suite(SuiteTest),
}

impl Test {
    fn group(&self) -> String {
        match self {
            Self::Node(test) => test.module.clone(),
            Self::Web(test) => format!("web/{}", test.folder),
            Self::Suite(test) => format!("{}{}", suites::GROUPS, test.package),
        }
    }

    fn name(&self) -> String {
        match self {
            Self::Node(test) => test.file.clone(),
            Self::Web(test) => test.name(),
            Self::Suite(test) => test.name.clone(),
        }
    }

    fn unreachable(&self) -> Option<&String> {
        match self {
            Self::Node(test) => test.unreachable.as_ref(),
            Self::Web(test) => test.unreachable.as_ref(),
            Self::Suite(_) => None,
        }
    }
}

/// What every test needs.
struct Bench {
    tree: Tree,
    /// The shim's files, as a payload holds them.
    shim: Map<String, Value>,
    sandboxes: Sandboxes,
    /// The files of what runs the packages' own tests, for Node.js.
    bundles: BTreeMap<String, PathBuf>,
    /// Whether what counts as unreachable is run as well.
    all: bool,
    /// Where Node.js' answers are kept meanwhile.
    folder: PathBuf,
    /// Whether it is Node.js that runs the tests.
    in_node: bool,
    totals: Totals,
}

/// Does what the arguments ask for.
///
/// # Errors
/// When the tests are not to be had, or a result cannot be written.
pub(crate) async fn run(arguments: &Arguments) -> Result<ExitCode> {
    let archive = Archive::of_node();
    let unpacked = arguments
        .folder
        .join(format!("node-{}", &archive.digest[..16]));
    archive.unpacked(&arguments.folder, &unpacked, arguments.sources.as_deref())?;
    let tree = Tree::open(unpacked.join("test"))?;
    let catalog = Catalog::read()?;
    let mut expected = Expected::read()?;
    let tests = selected(&tree, &catalog, &expected, arguments)?;
    let shim = node::shim()?;
    let (sandboxes, bundles) = ready(&tests, &arguments.folder).await?;
    let all = arguments.unreachable || !arguments.test.is_empty();
    let bench = Arc::new(Bench {
        tree,
        shim,
        sandboxes,
        bundles,
        all,
        folder: arguments.folder.clone(),
        in_node: arguments.in_node,
        totals: Totals::read()?,
    });
    if !arguments.test.is_empty() {
        return one_by_one(&bench, &tests).await;
    }
    let mut results = run_all(&bench, &tests, jobs(arguments)).await?;
    if arguments.check || arguments.is_whole() {
        again(&bench, &tests, &expected, &mut results).await?;
    }
    report(arguments, &catalog, &results)?;
    let difference = expected.compare(&results);
    if !arguments.json && !arguments.in_node {
        print_difference(&difference);
    }
    if arguments.in_node && arguments.expect {
        Totals::read()?.write(&results)?;
    } else if arguments.is_whole() || arguments.expect {
        expected.write(&results)?;
    }
    if arguments.is_whole() {
        let in_node = suites_in_node(&bench, &tests, jobs(arguments)).await?;
        document::write(&results, &in_node, &catalog)?;
    }
    let failed = arguments.check && !difference.lost.is_empty();
    Ok(ExitCode::from(u8::from(failed)))
}

/// The sandboxes for these tests, and the files in which Node.js finds what runs those of packages.
async fn ready(tests: &[Test], folder: &Path) -> Result<(Sandboxes, BTreeMap<String, PathBuf>)> {
    let mut sandboxes = Sandboxes::start(folder).await?;
    let mut files = BTreeMap::new();
    let of_packages = tests.iter().filter_map(|test| match test {
        Test::Suite(test) => Some(test),
        Test::Node(_) | Test::Web(_) => None,
    });
    for (package, source) in suites::bundles(of_packages, folder).await? {
        sandboxes.also(&package, &source).await?;
        let bundle = source.bundle().context("what imports is bundled")?;
        let file = folder.join("suites").join(format!("{package}.bundle.js"));
        fs::write(&file, &bundle.code)
            .with_context(|| format!("{} cannot be written", file.display()))?;
        files.insert(package, file);
    }
    Ok((sandboxes, files))
}

/// What comes of the packages' own tests in Node.js.
async fn suites_in_node(
    bench: &Arc<Bench>,
    tests: &[Test],
    jobs: usize,
) -> Result<Vec<verdict::Result>> {
    let tests = tests.iter().filter(|test| matches!(test, Test::Suite(_)));
    let runs = tests.map(|test| async move {
        let run = bench.run_in_node(test).await?;
        Ok::<_, anyhow::Error>(judged(test, &run, 0))
    });
    stream::iter(runs).buffered(jobs).try_collect().await
}

fn jobs(arguments: &Arguments) -> usize {
    let processors = std::thread::available_parallelism().map_or(2, usize::from);
    arguments.jobs.unwrap_or(2 * processors).max(1)
}

/// The tests that were asked for.
fn selected(
    tree: &Tree,
    catalog: &Catalog,
    expected: &Expected,
    arguments: &Arguments,
) -> Result<Vec<Test>> {
    let node = node::tests(tree, catalog, &Rules::read()?)?;
    let web = web::tests(tree)?;
    let groups = &arguments.only;
    let is_of = |group: &str| {
        let below = |asked: &String| group == asked || group.starts_with(&format!("{asked}/"));
        groups.is_empty() || groups.iter().any(below)
    };
    let mut of_packages = Vec::new();
    for suite in suites::all()? {
        // What is not asked for is not installed.
        if is_of(&suite.group()) && may_name(arguments, &suite.group()) {
            of_packages.extend(suite.tests(&arguments.folder)?);
        }
    }
    let all = node
        .into_iter()
        .map(Test::Node)
        .chain(web.into_iter().map(Test::Web))
        .chain(of_packages.into_iter().map(Test::Suite));
    let is_named = |test: &Test| {
        let (name, file) = (test.name(), format!("{}/{}", test.group(), test.name()));
        let names = |asked: &String| {
            name == *asked
                || file == *asked
                || name == format!("{asked}.js")
                || name == format!("test-{asked}.js")
                || name.split('?').next() == Some(asked)
        };
        arguments.test.is_empty() || arguments.test.iter().any(names)
    };
    let is_quick =
        |test: &Test| !arguments.subset || expected.of_subset(&test.group(), &test.name());
    let tests: Vec<Test> = all
        .filter(|test| is_of(&test.group()) && is_named(test) && is_quick(test))
        .collect();
    if tests.is_empty() {
        bail!(
            "no test fits: see tests/conformance/modules.toml for the modules, and test/parallel of Node.js for the files"
        );
    }
    Ok(tests)
}

/// Whether the tests that are named may be among a package's: no others begin with its group.
fn may_name(arguments: &Arguments, group: &str) -> bool {
    let mut named = arguments.test.iter();
    named.len() == 0 || !arguments.only.is_empty() || named.any(|name| name.starts_with(group))
}

async fn run_all(bench: &Arc<Bench>, tests: &[Test], jobs: usize) -> Result<Vec<verdict::Result>> {
    let progress = Arc::new(Progress::new(tests.len()));
    let runs = tests.iter().cloned().enumerate().map(|(index, test)| {
        let (bench, progress) = (bench.clone(), progress.clone());
        // On the threads of the runtime, so that all processors are used.
        let run = tokio::spawn(async move {
            let result = bench.result(&test).await;
            let passed = result.as_ref().is_ok_and(verdict::Result::passed);
            progress.count(&test.name(), passed);
            result
        });
        async move { Ok::<_, anyhow::Error>((index, run.await.context("a test was interrupted")??)) }
    });
    // A task is spawned when its turn comes: the stream makes no more futures than it polls.
    let runs = stream::iter(runs).buffer_unordered(jobs);
    let mut results: Vec<(usize, verdict::Result)> = runs.try_collect().await?;
    results.sort_unstable_by_key(|(index, _)| *index);
    Ok(results.into_iter().map(|(_, result)| result).collect())
}

/// How often what should have passed is run once more.
const AGAIN_MAX: u32 = 2;

/// Runs what should have passed some times more, alone: other load may have been in its way. What passes only then is
/// named.
async fn again(
    bench: &Arc<Bench>,
    tests: &[Test],
    expected: &Expected,
    results: &mut [verdict::Result],
) -> Result<()> {
    let is_lost = |result: &verdict::Result| {
        let difference = expected.compare(std::slice::from_ref(result));
        !difference.lost.is_empty()
    };
    for (test, result) in tests.iter().zip(results) {
        let mut runs = 0;
        while is_lost(result) && runs < AGAIN_MAX {
            runs += 1;
            *result = bench.result(test).await?;
        }
        if runs > 0 && !is_lost(result) {
            let (group, name) = (test.group(), test.name());
            eprintln!("passed only in run {}: {group}/{name}", runs + 1);
        }
    }
    Ok(())
}

/// Runs tests and prints all that there is to say about each.
async fn one_by_one(bench: &Bench, tests: &[Test]) -> Result<ExitCode> {
    let mut passed = true;
    for test in tests {
        let run = bench.run(test).await?;
        let result = bench.judged(test, &run);
        passed &= result.passed();
        print_run(test, &run, &result);
    }
    Ok(ExitCode::from(u8::from(!passed)))
}

impl Bench {
    async fn result(&self, test: &Test) -> Result<verdict::Result> {
        if let (false, Some(reason)) = (self.all, test.unreachable()) {
            let reason = reason.clone();
            return Ok(result(test, Verdict::Unreachable { reason }, None, None));
        }
        Ok(self.judged(test, &self.run(test).await?))
    }

    fn judged(&self, test: &Test, run: &Run) -> verdict::Result {
        let total = match self.in_node {
            true => 0,
            false => self.totals.of(&test.group(), &test.name()),
        };
        judged(test, run, total)
    }

    async fn run(&self, test: &Test) -> Result<Run> {
        match (self.in_node, test) {
            (true, _) => self.run_in_node(test).await,
            (false, Test::Suite(test)) => self.sandboxes.run_by(&test.package, &test.payload).await,
            (false, Test::Node(of)) if of.module == "fs" => {
                self.sandboxes.run_with_files(&self.payload(test)).await
            }
            (false, _) => self.sandboxes.run(&self.payload(test)).await,
        }
    }

    async fn run_in_node(&self, test: &Test) -> Result<Run> {
        let bundle = match test {
            Test::Suite(test) => self.bundles.get(&test.package).map(PathBuf::as_path),
            Test::Node(_) | Test::Web(_) => None,
        };
        in_node::run(&self.payload(test), &self.folder, bundle).await
    }

    fn payload(&self, test: &Test) -> Value {
        match test {
            Test::Node(test) => node::payload(test, &self.tree, self.shim.clone()),
            Test::Web(test) => web::payload(test, &self.tree, self.shim.clone()),
            Test::Suite(test) => test.payload.clone(),
        }
    }
}

/// What came of a test that has at least so many subtests, if it has any.
fn judged(test: &Test, run: &Run, total: u32) -> verdict::Result {
    let mut verdict = run.verdict.clone();
    let counted = matches!(test, Test::Web(_) | Test::Suite(_));
    let subtests = counted.then(|| subtests::of(run, total));
    if let (Some(subtests), Verdict::Passed) = (&subtests, &verdict)
        && subtests.passed < subtests.all
    {
        verdict = subtests::partly(subtests);
    }
    result(test, verdict, subtests, Some(run))
}

fn result(
    test: &Test,
    verdict: Verdict,
    subtests: Option<verdict::Subtests>,
    run: Option<&Run>,
) -> verdict::Result {
    verdict::Result {
        group: test.group(),
        name: test.name(),
        verdict,
        subtests,
        millis: run.map_or(0, |run| run.millis),
        fuel_millions: run.map_or(0, |run| run.fuel / 1_000_000),
    }
}

fn report(arguments: &Arguments, catalog: &Catalog, results: &[verdict::Result]) -> Result<()> {
    if arguments.json {
        println!("{}", serde_json::to_string_pretty(results)?);
        return Ok(());
    }
    if arguments.failures {
        results.iter().for_each(print_failure);
    }
    if arguments.unreachable {
        print_lenient(results);
    }
    print!("{}", scoreboard::tables(results, catalog));
    Ok(())
}

fn print_failure(result: &verdict::Result) {
    let verdict::Result { group, name, .. } = result;
    if let Verdict::Failed { reason, message } = &result.verdict {
        let line = message.lines().next().unwrap_or_default();
        println!("{group}/{name}: {}: {line}", reason.name());
    }
    for (subtest, message) in result.subtests.iter().flat_map(|subtests| &subtests.failed) {
        println!("    {subtest}: {message}");
    }
}

/// What passes although a rule says that it cannot.
fn print_lenient(results: &[verdict::Result]) {
    for verdict::Result { group, name, .. } in results.iter().filter(|result| result.passed()) {
        println!("passes: {group}/{name}");
    }
}

fn print_run(test: &Test, run: &Run, result: &verdict::Result) {
    println!("==> {}/{}", result.group, result.name);
    if let Some(reason) = test.unreachable() {
        println!("counts as unreachable: it needs {reason}");
    }
    for entry in run
        .logs
        .iter()
        .filter(|entry| !entry.message.starts_with(subtests::TOLD))
    {
        let extras = match entry.extras.get() {
            "[]" => "",
            extras => extras,
        };
        println!("{:?}: {} {extras}", entry.level, entry.message);
    }
    match &result.verdict {
        Verdict::Passed => println!("passed"),
        Verdict::Failed { reason, message } => {
            println!("failed, {}: {message}\n{}", reason.name(), run.stack)
        }
        Verdict::Skipped { message } => println!("skips itself: {message}"),
        Verdict::Unreachable { reason } => println!("unreachable: {reason}"),
    }
    if let Some(subtests) = &result.subtests {
        println!("{} of {} subtests passed", subtests.passed, subtests.all);
        for (name, message) in &subtests.failed {
            println!("  {name}: {message}");
        }
    }
    println!(
        "{} ms, {} million units of fuel\n",
        run.millis,
        run.fuel / 1_000_000
    );
}

/// How many tests that newly pass are named.
const WON_MAX: usize = 40;

fn print_difference(Difference { lost, won }: &Difference) {
    for name in won.iter().take(WON_MAX) {
        println!("now passes: {name}");
    }
    if won.len() > WON_MAX {
        println!("and {} more pass now", won.len() - WON_MAX);
    }
    for name in lost {
        println!("NO LONGER PASSES: {name}");
    }
}
