//! What Sandglass promises, one file a promise.
//!
//! Each test reads: a lambda in a few lines of JavaScript, a policy, one call, one expected value.
//! Everything is real: the engine, SQLite, sockets on loopback. Only names and the upstream servers
//! are the tests' own. `docs/promises.md` says which test holds which promise.

mod harness;

mod artifact;
mod build_process;
mod callback;
mod captured_state;
mod catalog;
mod cli;
mod cli_server;
mod code_cache;
mod compile_errors;
mod console;
mod context_service;
mod context_store;
mod conversation_util;
mod determinism;
mod domain_api;
mod drop_future;
mod examples;
mod fairness;
mod fuel;
mod gdpr_util;
mod handlers;
mod hostile;
mod hostile_connections;
mod http_client;
mod isolation;
mod javascript;
mod javascript_page;
mod json_web_tokens;
mod lambda_states;
mod limits;
mod loaded_lambdas;
mod log_export;
mod log_masking;
mod log_search;
mod log_tail;
mod lp_client;
mod modules;
mod mtls_client;
mod node_basics;
mod node_crypto;
mod node_http;
mod node_streams;
mod npm;
mod orchestrator;
mod packages;
mod parallel_http;
mod promises;
mod reports;
mod salesforce;
mod sde_util;
mod secrets;
mod server_auth;
mod server_invoke;
mod server_lifecycle;
mod server_limits;
mod server_management;
mod server_metrics;
mod tls;
mod toolbelt_v2;
mod toolbelts;
mod traces;
mod web_events;
mod web_fetch;
mod web_intl;
mod web_streams;
mod whitelist;
