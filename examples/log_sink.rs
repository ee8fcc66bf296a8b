//! How do I see a lambda's logs while it runs?
//!
//! The report holds the logs when the invocation is over; a sink receives each entry at once. It is
//! called on the invocation's thread and must not block: here it fills a channel.

#![allow(clippy::print_stdout, reason = "an example shows what it does")]

use std::sync::mpsc::{SyncSender, sync_channel};

use sandglass_compiler::{Compiler, Source};
use sandglass_runtime::{Invocation, InvocationContext, LogEntry, LogSink, Policy, Runtime};

const SOURCE: &str = r#"
    function lambda(input, callback) {
      console.info('Starting', { attempt: 1 });
      setTimeout(() => {
        console.warn('Still at it');
        callback(null, 'done');
      }, 10);
    }
"#;

struct Channel(SyncSender<String>);

impl LogSink for Channel {
    fn record(&self, context: &InvocationContext, entry: &LogEntry) {
        let line = format!(
            "{} {} {}",
            context.invocation,
            entry.level.as_str(),
            entry.message
        );
        // A full channel drops the entry: waiting would hold up the lambda.
        let _ = self.0.try_send(line);
    }
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let (sender, lines) = sync_channel(1_000);
    let printer = std::thread::spawn(move || lines.iter().for_each(|line| println!("{line}")));

    let runtime = Runtime::builder().log_sink(Channel(sender)).build()?;
    let artifact = Compiler::new(&runtime)
        .compile(&Source::new("logs.js", SOURCE)?)
        .await?;
    let lambda = runtime.load(artifact, Policy::default()).await?;
    let invocation = Invocation::json("{}")?.with_id("order-4711".parse()?);
    lambda.invoke(invocation).await?;

    drop((lambda, runtime));
    printer
        .join()
        .map_err(|_| anyhow::anyhow!("the printer panicked"))
}
