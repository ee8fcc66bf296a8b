//! Where do the engine's own JavaScript modules come from?
//!
//! They are compiled to bytecode when the engine is built and served by the host one at a time, so
//! an image holds only what its lambda uses. The first byte of what the host serves says how the
//! module may be required.

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, BTreeSet};

use rquickjs::loader::{ImportAttributes, Loader, Resolver};
use rquickjs::module::{Declared, WriteOptions};
use rquickjs::{Ctx, Error, Exception, Module, Object, Result, Value};

use crate::natives::Native;
use crate::sandglass::toolbelt::library;

/// The module that holds the engine's natives.
const NATIVE: &str = "sandglass:native";

/// A module of the engine itself, not for `require`.
const INTERNAL: u8 = 0;
/// `require` gives the module's `default` export.
const REQUIRE_DEFAULT: u8 = 2;
/// No module at all, but a table of the engine's.
const DATA: u8 = 3;

thread_local! {
    /// Every library module of this context, with its first byte. QuickJS never drops a module
    /// that loaded, so these stay valid as long as the context, which is never dropped.
    static LOADED: RefCell<BTreeMap<String, (u8, Module<'static, Declared>)>> =
        const { RefCell::new(BTreeMap::new()) };
}

thread_local! {
    /// The modules that belong to the library, as far as they were asked for.
    static NAMES: RefCell<BTreeSet<String>> = const { RefCell::new(BTreeSet::new()) };

    /// Set while a module is compiled: QuickJS then asks for its imports, and empty ones will do.
    static COMPILING: Cell<bool> = const { Cell::new(false) };

    /// Set while the engine itself imports a module: QuickJS then names whoever runs as the
    /// importer, which may be the lambda.
    static IMPORTING: Cell<bool> = const { Cell::new(false) };
}

/// Compiles a module to bytecode, keeping names and line numbers but not the source text. The
/// instance is of no use afterwards.
pub(crate) fn compile(name: &str, source: &str) -> std::result::Result<Vec<u8>, String> {
    COMPILING.set(true);
    crate::engine::with(|ctx| {
        let options = WriteOptions {
            strip_source: true,
            ..WriteOptions::default()
        };
        Module::declare(ctx.clone(), name, source)
            .and_then(|module| module.write(options))
            .map_err(|_| {
                let thrown = crate::exceptions::Thrown::catch(ctx);
                format!("{}: {}\n{}", name, thrown.message, thrown.stack)
            })
    })
}

/// `require(name)` for a module of the library; `undefined` when there is none by that name.
pub(crate) fn require<'js>(ctx: Ctx<'js>, name: String) -> Result<Value<'js>> {
    let Some((kind, module)) = find(&ctx, &name)? else {
        return Ok(Value::new_undefined(ctx));
    };
    if kind == INTERNAL {
        return Ok(Value::new_undefined(ctx));
    }
    let namespace = evaluate(&ctx, module)?;
    if kind == REQUIRE_DEFAULT {
        namespace.get("default")
    } else {
        Ok(namespace.into_value())
    }
}

/// The namespace of any module of the library, for the engine's own lazy globals.
pub(crate) fn namespace<'js>(ctx: Ctx<'js>, name: String) -> Result<Object<'js>> {
    match find(&ctx, &name)? {
        Some((_, module)) => evaluate(&ctx, module),
        None => Err(Exception::throw_internal(
            &ctx,
            &format!("the engine lacks {name}"),
        )),
    }
}

fn evaluate<'js>(ctx: &Ctx<'js>, module: Module<'js, Declared>) -> Result<Object<'js>> {
    // Importing links the module with its imports and evaluates it at once; only the promise that
    // it returns is settled later, so the module itself is asked for the outcome.
    let name = module.name::<String>()?;
    IMPORTING.set(true);
    let imported = Module::import(ctx, name);
    IMPORTING.set(false);
    imported?;
    let (module, promise) = module.eval()?;
    match promise.result::<Value>() {
        Some(result) => result.and_then(|_| module.namespace()),
        None => Err(Exception::throw_internal(
            ctx,
            "a library module must not use await",
        )),
    }
}

fn find<'js>(ctx: &Ctx<'js>, name: &str) -> Result<Option<(u8, Module<'js, Declared>)>> {
    if let Some(found) = LOADED.with_borrow(|loaded| loaded.get(name).cloned()) {
        return Ok(Some((found.0, from_static(found.1))));
    }
    let Some(served) = library::load(name).filter(|served| served.first() != Some(&DATA)) else {
        return Ok(None);
    };
    // Before it is loaded: loading resolves the module's own imports.
    NAMES.with_borrow_mut(|names| names.insert(name.to_owned()));
    // QuickJS goes on reading the bytecode in place.
    let (kind, bytecode) = served.leak().split_first().ok_or(Error::Unknown)?;
    // SAFETY: bytecode is trusted input for QuickJS. This came from the host, which serves only
    // what `compile` above wrote when this very engine was built.
    let module = unsafe { Module::load(ctx.clone(), bytecode) }?;
    remember(name, *kind, &module);
    Ok(Some((*kind, module)))
}

fn remember<'js>(name: &str, kind: u8, module: &Module<'js, Declared>) {
    let module = to_static(module.clone());
    LOADED.with_borrow_mut(|loaded| loaded.insert(name.to_owned(), (kind, module)));
}

fn to_static<'js>(module: Module<'js, Declared>) -> Module<'static, Declared> {
    // SAFETY: there is one context and it is never dropped; see `LOADED`.
    unsafe { std::mem::transmute(module) }
}

fn from_static<'js>(module: Module<'static, Declared>) -> Module<'js, Declared> {
    // SAFETY: the reverse of `to_static`, in the same and only context.
    unsafe { std::mem::transmute(module) }
}

/// Whether users may have a module.
fn is_public(ctx: &Ctx<'_>, name: &str) -> Result<bool> {
    Ok(name != NATIVE && find(ctx, name)?.is_some_and(|(kind, _)| kind != INTERNAL))
}

/// Resolves `import`: names are absolute, and the engine's own modules are for each other.
pub(crate) struct LibraryResolver;

impl Resolver for LibraryResolver {
    fn resolve<'js>(
        &mut self,
        ctx: &Ctx<'js>,
        base: &str,
        name: &str,
        _attributes: Option<ImportAttributes<'js>>,
    ) -> Result<String> {
        let name = name.strip_prefix("node:").unwrap_or(name);
        let from_library =
            COMPILING.get() || IMPORTING.get() || NAMES.with_borrow(|names| names.contains(base));
        if from_library || is_public(ctx, name)? {
            Ok(name.to_owned())
        } else {
            Err(Error::new_resolving(base, name))
        }
    }
}

/// Loads what the library imports.
pub(crate) struct LibraryLoader;

impl Loader for LibraryLoader {
    fn load<'js>(
        &mut self,
        ctx: &Ctx<'js>,
        name: &str,
        _attributes: Option<ImportAttributes<'js>>,
    ) -> Result<Module<'js, Declared>> {
        if COMPILING.get() {
            return Module::declare(ctx.clone(), name, "");
        }
        if name == NATIVE {
            return Module::declare_def::<Native, _>(ctx.clone(), name);
        }
        match find(ctx, name)? {
            Some((_, module)) => Ok(module),
            None => Err(Error::new_loading(name)),
        }
    }
}
