//! What Sandglass promises, one file a promise.
//!
//! Each test reads: a lambda in a few lines of JavaScript, a policy, one call, one expected value.
//! Everything is real: the engine, SQLite, sockets on loopback. Only names and the upstream servers
//! are the tests' own. `docs/promises.md` says which test holds which promise.

mod harness;

mod artifact;
mod callback;
mod captured_state;
mod cli;
mod cli_server;
mod code_cache;
mod compile_errors;
mod console;
mod determinism;
mod drop_future;
mod examples;
mod fairness;
mod fuel;
mod hostile;
mod http_client;
mod isolation;
mod javascript;
mod limits;
mod loaded_lambdas;
mod parallel_http;
mod promises;
mod secrets;
mod server_auth;
mod server_invoke;
mod server_lifecycle;
mod server_limits;
mod server_management;
mod server_metrics;
mod whitelist;
