//! What runs inside the sandbox?
//!
//! QuickJS, set up once when this crate is built into the engine ([`initialize`](Guest)), given a
//! lambda's source at build time (`prepare`) and an input at run time (`invoke`). Between these
//! calls the whole linear memory is a snapshot: nothing here may hold a host handle, a random
//! number or a time across them.

mod async_context;
mod engine;
mod event_loop;
mod exceptions;
mod heap;
mod host;
mod library;
mod natives;
mod phase;
mod process;
mod rejections;
mod timers;

wit_bindgen::generate!({
    path: "../../toolbelt-wit",
    world: "lambda",
    generate_all,
});

struct Component;

impl Guest for Component {
    fn initialize() {
        engine::initialize();
    }

    fn compile_module(name: String, source: String) -> Result<Vec<u8>, String> {
        library::compile(&name, &source)
    }

    fn prepare(source: Source) -> Result<(), BuildError> {
        engine::prepare(source)
    }

    async fn invoke(input: String) -> Result<Option<String>, Failure> {
        event_loop::invoke(input).await
    }
}

export!(Component);
