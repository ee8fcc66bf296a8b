//! What is set up once, and how does a source become an image?

use std::cell::{Cell, OnceCell};

use javy::{Config, Runtime};
use rquickjs::context::EvalOptions;
use rquickjs::promise::PromiseState;
use rquickjs::{Ctx, Function, Module, Object, Persistent, Promise, Value};

use crate::exceptions::Thrown;
use crate::library::{LibraryLoader, LibraryResolver};
use crate::sandglass::toolbelt::build::{BuildError, BuildErrorKind, Source};
use crate::sandglass::toolbelt::logging::{self, Level};
use crate::sandglass::toolbelt::outcome::Failure;
use crate::{event_loop, heap, host, phase, rejections};

/// The JavaScript stack, of the 4 MiB that the linker gives the C stack: the rest is for the
/// natives that the deepest frame may call.
const STACK_BYTES: usize = 3_600 * 1024;

/// How far an invocation's heap may grow before the first garbage collection. Short invocations
/// never reach it: a collection writes to every page that holds an object.
const GC_THRESHOLD_BYTES: usize = 16 * 1024 * 1024;

/// What the rest of the guest needs of the engine.
struct Engine {
    runtime: Runtime,
    functions: Functions,
}

/// The functions that prelude and protocol hand to Rust.
struct Functions {
    /// `prepare(environment)`: sets `process.env`.
    prepare: Persistent<Function<'static>>,
    /// `runTicks()`: runs what `process.nextTick` was given.
    run_ticks: Persistent<Function<'static>>,
    /// `resolve(exports, takesCallback)`: finds the lambda after its source was evaluated, among
    /// the exports of a module or the globals; `false` when there is none.
    resolve: Persistent<Function<'static>>,
    /// `invoke(input)`: calls the lambda.
    invoke: Persistent<Function<'static>>,
    /// What the protocol wants to keep alive.
    _samples: Persistent<Object<'static>>,
}

thread_local! {
    static ENGINE: OnceCell<Engine> = const { OnceCell::new() };
    /// Whether `process.nextTick` may have been given something that has not run.
    static HAS_TICKS: Cell<bool> = const { Cell::new(false) };
}

/// Creates the QuickJS context and evaluates prelude and protocol in it.
pub(crate) fn initialize() {
    std::panic::set_hook(Box::new(|panic| {
        logging::log(Level::Error, &panic.to_string(), "[]")
    }));
    let mut config = Config::default();
    config
        .max_stack_size(STACK_BYTES)
        .gc_threshold(GC_THRESHOLD_BYTES)
        .weak_ref(true)
        .log_stream(Box::new(std::io::sink()))
        .err_stream(Box::new(std::io::sink()));
    crate::natives::urls::install();
    let runtime = Runtime::new(config).expect("the configuration is fixed and valid");
    runtime
        .context()
        .runtime()
        .set_loader(LibraryResolver, LibraryLoader);
    rejections::track(runtime.context().runtime());
    let functions = runtime
        .context()
        .with(|ctx| evaluate_own(&ctx).unwrap_or_else(|_| panic!("{:?}", Thrown::catch(&ctx))));
    // Here lie a lambda's own objects.
    heap::fill_holes();
    let engine = Engine { runtime, functions };
    ENGINE.with(|cell| assert!(cell.set(engine).is_ok(), "initialized twice"));
}

/// Evaluates the engine's own JavaScript.
fn evaluate_own<'js>(ctx: &Ctx<'js>) -> rquickjs::Result<Functions> {
    let load = |name: &str, source: &str| -> rquickjs::Result<Function<'js>> {
        let mut options = EvalOptions::default();
        options.filename = Some(format!("sandglass:{name}"));
        ctx.eval_with_options(source, options)
    };
    let prelude = load("prelude", include_str!("../js/prelude.js"))?;
    let prelude: Object = prelude.call((host::object(ctx)?,))?;
    heap::fill_holes();
    let protocol = load("protocol", include_str!("../js/protocol.js"))?;
    heap::fill_holes();
    heap::gather_shapes(ctx);
    heap::fill_holes();
    let protocol: Object = protocol.call((host::protocol(ctx)?, prelude.clone()))?;
    let save = |of: &Object<'js>, name: &str| -> rquickjs::Result<Persistent<Function<'static>>> {
        Ok(Persistent::save(ctx, of.get::<_, Function>(name)?))
    };
    Ok(Functions {
        prepare: save(&prelude, "prepare")?,
        run_ticks: save(&prelude, "runTicks")?,
        resolve: save(&protocol, "resolve")?,
        invoke: save(&protocol, "invoke")?,
        _samples: Persistent::save(ctx, protocol.get::<_, Object>("samples")?),
    })
}

/// Runs `f` in the engine's context.
pub(crate) fn with<R>(f: impl FnOnce(&Ctx<'_>) -> R) -> R {
    ENGINE.with(|cell| {
        cell.get()
            .expect("initialized")
            .runtime
            .context()
            .with(|ctx| f(&ctx))
    })
}

/// Learns of a tick, from the prelude.
pub(crate) fn note_tick() {
    HAS_TICKS.set(true);
}

/// Runs promise jobs and ticks until none is pending, and reports the rejections that nobody handled.
pub(crate) fn run_jobs(ctx: &Ctx<'_>) {
    loop {
        while !event_loop::has_ended() && ctx.execute_pending_job() {}
        if event_loop::has_ended() || !(run_ticks(ctx) || rejections::report(ctx)) {
            return;
        }
    }
}

/// Runs the ticks that wait. `false` when there was none.
fn run_ticks(ctx: &Ctx<'_>) -> bool {
    let has_ticks = HAS_TICKS.replace(false);
    let ran = !has_ticks
        || own_function(ctx, |own| &own.run_ticks)
            .and_then(|run_ticks| run_ticks.call::<_, ()>(()))
            .is_ok();
    if !ran {
        let thrown = ctx.catch();
        host::report_uncaught(ctx, thrown);
    }
    has_ticks
}

/// Calls the lambda with an input, JSON text.
pub(crate) fn call_lambda(ctx: &Ctx<'_>, input: String) -> rquickjs::Result<()> {
    let input = ctx.json_parse(input)?;
    own_function(ctx, |own| &own.invoke)?.call((input,))
}

fn own_function<'js>(
    ctx: &Ctx<'js>,
    which: impl FnOnce(&Functions) -> &Persistent<Function<'static>>,
) -> rquickjs::Result<Function<'js>> {
    ENGINE
        .with(|cell| which(&cell.get().expect("initialized").functions).clone())
        .restore(ctx)
}

/// Evaluates a lambda's source, so that the memory can be kept as its image.
pub(crate) fn prepare(source: Source) -> Result<(), BuildError> {
    with(|ctx| {
        let file = source.file_name.clone();
        let takes_callback = source.takes_callback;
        let evaluated = evaluate_source(ctx, source);
        run_jobs(ctx);
        if let Some(thrown) = phase::take_violation() {
            return Err(build_error(BuildErrorKind::NotAtBuildTime, thrown, &file));
        }
        let exports = evaluated
            .and_then(|evaluated| exports(ctx, evaluated))
            .map_err(|(kind, thrown)| build_error(kind, thrown, &file))?;
        if let Some(Err(failure)) = event_loop::take_outcome() {
            let Failure {
                name,
                message,
                stack,
                ..
            } = failure;
            let thrown = Thrown {
                name,
                message,
                stack,
            };
            return Err(build_error(BuildErrorKind::Threw, thrown, &file));
        }
        require_lambda(ctx, exports, takes_callback, &file)?;
        ctx.run_gc();
        heap::lengthen_list(ctx);
        Ok(())
    })?;
    leave_room();
    heap::fill_holes();
    Ok(())
}

/// Sets the garbage collector's threshold from what the image holds already. Must not be called
/// within the context.
fn leave_room() {
    ENGINE.with(|cell| {
        let runtime = cell.get().expect("initialized").runtime.context().runtime();
        let used = usize::try_from(runtime.memory_usage().malloc_size).unwrap_or(0);
        runtime.set_gc_threshold(used + GC_THRESHOLD_BYTES);
    });
}

/// A source that ran.
enum Evaluated<'js> {
    Script,
    /// A module, and the promise of its top level.
    Module(Object<'js>, Promise<'js>),
}

type Failed = (BuildErrorKind, Thrown);

fn evaluate_source<'js>(ctx: &Ctx<'js>, source: Source) -> Result<Evaluated<'js>, Failed> {
    let threw = |_| (BuildErrorKind::Threw, Thrown::catch(ctx));
    crate::natives::files::take(source.files);
    let prepare = own_function(ctx, |own| &own.prepare).map_err(threw)?;
    let environment = Object::new(ctx.clone()).map_err(threw)?;
    for (name, value) in source.environment {
        environment.set(name, value).map_err(threw)?;
    }
    prepare
        .call::<_, ()>((environment, source.preload))
        .map_err(threw)?;
    let file = source.file_name;
    let evaluated = match source.module {
        true => evaluate_module(ctx, &file, source.code),
        false => evaluate_script(ctx, &file, source.code),
    };
    evaluated.map_err(|_| {
        let thrown = Thrown::catch(ctx);
        let parsed = thrown.name != "SyntaxError" || !is_parse_error(&thrown, &file);
        let kind = match parsed {
            true => BuildErrorKind::Threw,
            false => BuildErrorKind::Syntax,
        };
        (kind, thrown)
    })
}

fn evaluate_script<'js>(
    ctx: &Ctx<'js>,
    file: &str,
    code: String,
) -> rquickjs::Result<Evaluated<'js>> {
    let mut options = EvalOptions::default();
    options.strict = false;
    options.filename = Some(file.to_owned());
    ctx.eval_with_options::<(), _>(code, options)?;
    Ok(Evaluated::Script)
}

fn evaluate_module<'js>(
    ctx: &Ctx<'js>,
    file: &str,
    code: String,
) -> rquickjs::Result<Evaluated<'js>> {
    let (module, promise) = Module::declare(ctx.clone(), file, code)?.eval()?;
    Ok(Evaluated::Module(module.namespace()?, promise))
}

/// What a source exports, once its top level has ended.
fn exports<'js>(ctx: &Ctx<'js>, evaluated: Evaluated<'js>) -> Result<Value<'js>, Failed> {
    let Evaluated::Module(namespace, promise) = evaluated else {
        return Ok(Value::new_undefined(ctx.clone()));
    };
    if promise.state() == PromiseState::Pending {
        let message = "the top level awaits something that never happens: timers and the network \
                       exist only while the lambda runs";
        let thrown = Thrown {
            message: message.to_owned(),
            ..Thrown::default()
        };
        return Err((BuildErrorKind::NotAtBuildTime, thrown));
    }
    match promise.result::<Value>() {
        Some(Err(_)) => Err((BuildErrorKind::Threw, Thrown::catch(ctx))),
        _ => Ok(namespace.into_value()),
    }
}

/// Whether a `SyntaxError` comes from parsing the source itself: then its stack is the one place
/// where parsing stopped.
fn is_parse_error(thrown: &Thrown, file: &str) -> bool {
    thrown
        .stack
        .lines()
        .filter(|line| !line.trim().is_empty())
        .count()
        <= 1
        && thrown.place_in(file) != (0, 0)
}

fn require_lambda<'js>(
    ctx: &Ctx<'js>,
    exports: Value<'js>,
    takes_callback: Option<bool>,
    file: &str,
) -> Result<(), BuildError> {
    let found = own_function(ctx, |own| &own.resolve)
        .and_then(|resolve| resolve.call::<_, bool>((exports, takes_callback)));
    match found {
        Ok(true) => Ok(()),
        Ok(false) => {
            let message = "there is no function named `lambda`".to_owned();
            let thrown = Thrown {
                message,
                ..Thrown::default()
            };
            Err(build_error(BuildErrorKind::LambdaMissing, thrown, file))
        }
        Err(_) => Err(build_error(BuildErrorKind::Threw, Thrown::catch(ctx), file)),
    }
}

fn build_error(kind: BuildErrorKind, thrown: Thrown, file: &str) -> BuildError {
    let (line, column) = thrown.place_in(file);
    let message = match (kind, thrown.name.as_str()) {
        (BuildErrorKind::Threw, name) if !name.is_empty() => format!("{name}: {}", thrown.message),
        _ => thrown.message,
    };
    BuildError {
        kind,
        message,
        line,
        column,
        stack: thrown.stack,
    }
}
