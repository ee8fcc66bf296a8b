//! Which imports does the engine find?
//!
//! During an invocation the toolbelt and live clocks and random bytes; during a build the same
//! toolbelt under a policy that allows nothing, a clock that stands still and random bytes that are
//! not random, so that the same source gives the same image.

use sandglass_host_abi::bindings;
use wasmtime::Engine;
use wasmtime::component::{HasSelf, Linker, Resource};
use wasmtime_wasi::clocks::{WasiClocks, WasiClocksCtxView};
use wasmtime_wasi::p2::DynPollable;
use wasmtime_wasi::p2::bindings::clocks::{monotonic_clock, wall_clock};
use wasmtime_wasi::p2::bindings::random::{insecure_seed, random};
use wasmtime_wasi::random::{WasiRandom, WasiRandomCtx};

use crate::sandbox::Sandbox;

/// What `Date.now()` says while a lambda is built: 2026-01-01T00:00:00Z, in seconds since the Unix
/// epoch. Every build has the same clock, or its digest would not be reproducible.
const BUILD_TIME_S: u64 = 1_767_225_600;

/// The imports of an invocation.
pub(crate) fn for_invocations(engine: &Engine) -> wasmtime::Result<Linker<Sandbox>> {
    let mut linker = toolbelt(engine)?;
    wall_clock::add_to_linker::<Sandbox, WasiClocks>(&mut linker, clocks)?;
    monotonic_clock::add_to_linker::<Sandbox, WasiClocks>(&mut linker, clocks)?;
    random::add_to_linker::<Sandbox, WasiRandom>(&mut linker, random_bytes)?;
    insecure_seed::add_to_linker::<Sandbox, WasiRandom>(&mut linker, random_bytes)?;
    Ok(linker)
}

/// The imports of a build.
pub(crate) fn for_builds(engine: &Engine) -> wasmtime::Result<Linker<Sandbox>> {
    let mut linker = toolbelt(engine)?;
    wall_clock::add_to_linker::<Sandbox, HasSelf<Still>>(&mut linker, still)?;
    monotonic_clock::add_to_linker::<Sandbox, HasSelf<Still>>(&mut linker, still)?;
    random::add_to_linker::<Sandbox, HasSelf<Still>>(&mut linker, still)?;
    insecure_seed::add_to_linker::<Sandbox, HasSelf<Still>>(&mut linker, still)?;
    Ok(linker)
}

fn clocks(sandbox: &mut Sandbox) -> WasiClocksCtxView<'_> {
    WasiClocksCtxView {
        ctx: sandbox.clocks.get_or_insert_default(),
        table: &mut sandbox.table,
    }
}

fn random_bytes(sandbox: &mut Sandbox) -> &mut WasiRandomCtx {
    sandbox.random.get_or_insert_default()
}

fn still(_sandbox: &mut Sandbox) -> &mut Still {
    Box::leak(Box::new(Still))
}

fn toolbelt(engine: &Engine) -> wasmtime::Result<Linker<Sandbox>> {
    let mut linker = Linker::new(engine);
    bindings::Lambda::add_to_linker::<Sandbox, HasSelf<Sandbox>>(&mut linker, |sandbox| sandbox)?;
    Ok(linker)
}

/// Time and randomness of a build: always the same. It has no size, so leaking one is free.
struct Still;

impl wall_clock::Host for Still {
    fn now(&mut self) -> wasmtime::Result<wall_clock::Datetime> {
        Ok(wall_clock::Datetime {
            seconds: BUILD_TIME_S,
            nanoseconds: 0,
        })
    }

    fn resolution(&mut self) -> wasmtime::Result<wall_clock::Datetime> {
        Ok(wall_clock::Datetime {
            seconds: 1,
            nanoseconds: 0,
        })
    }
}

impl monotonic_clock::Host for Still {
    fn now(&mut self) -> wasmtime::Result<u64> {
        Ok(0)
    }

    fn resolution(&mut self) -> wasmtime::Result<u64> {
        Ok(1)
    }

    fn subscribe_instant(&mut self, _when: u64) -> wasmtime::Result<Resource<DynPollable>> {
        wasmtime::bail!("there is no waiting in a build")
    }

    fn subscribe_duration(&mut self, _when: u64) -> wasmtime::Result<Resource<DynPollable>> {
        wasmtime::bail!("there is no waiting in a build")
    }
}

impl random::Host for Still {
    fn get_random_bytes(&mut self, bytes: u64) -> wasmtime::Result<Vec<u8>> {
        const BYTES_MAX: u64 = 1 << 20;
        wasmtime::ensure!(bytes <= BYTES_MAX, "too many random bytes for a build");
        Ok((0..bytes)
            .map(|index| (index as u8).wrapping_mul(167).wrapping_add(13))
            .collect())
    }

    fn get_random_u64(&mut self) -> wasmtime::Result<u64> {
        Ok(0x5a4d_91ab_37c2_68e1)
    }
}

impl insecure_seed::Host for Still {
    fn insecure_seed(&mut self) -> wasmtime::Result<(u64, u64)> {
        Ok((0x243f_6a88_85a3_08d3, 0x1319_8a2e_0370_7344))
    }
}
