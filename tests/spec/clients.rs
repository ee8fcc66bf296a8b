//! Clients of the platform that others wrote work unmodified.
//!
//! They are the packages that npm and PyPI have. A preload script leads the platform's names to the server
//! under test and refuses everything beyond loopback; nothing else is done to them.

mod api_page;
mod authlib;
mod external_app;
mod libraries;
mod lpf;
mod postman;
mod schemathesis;
mod second_generation;
mod vendor;
