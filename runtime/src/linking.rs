//! Which imports does the engine find?
//!
//! During an invocation the toolbelt and live clocks and random bytes; during a build the same
//! toolbelt under a policy that allows nothing, a clock that stands still and random bytes that are
//! not random, so that the same source gives the same image.

use sandglass_host_abi::bindings;
use wasmtime::Engine;
use wasmtime::component::{HasData, HasSelf, Linker, Resource};
use wasmtime_wasi::clocks::WasiClocksCtxView;
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
    wall_clock::add_to_linker::<Sandbox, Live>(&mut linker, live)?;
    monotonic_clock::add_to_linker::<Sandbox, Live>(&mut linker, live)?;
    random::add_to_linker::<Sandbox, Live>(&mut linker, live)?;
    insecure_seed::add_to_linker::<Sandbox, WasiRandom>(&mut linker, random_bytes)?;
    Ok(linker)
}

/// The imports of a build.
pub(crate) fn for_builds(engine: &Engine) -> wasmtime::Result<Linker<Sandbox>> {
    let mut linker = toolbelt(engine)?;
    wall_clock::add_to_linker::<Sandbox, Build>(&mut linker, still)?;
    monotonic_clock::add_to_linker::<Sandbox, Build>(&mut linker, still)?;
    random::add_to_linker::<Sandbox, Build>(&mut linker, still)?;
    insecure_seed::add_to_linker::<Sandbox, Build>(&mut linker, still)?;
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

fn still(sandbox: &mut Sandbox) -> Still<'_> {
    Still(sandbox.build_seed.get_or_insert_default())
}

fn toolbelt(engine: &Engine) -> wasmtime::Result<Linker<Sandbox>> {
    let mut linker = Linker::new(engine);
    bindings::Lambda::add_to_linker::<Sandbox, HasSelf<Sandbox>>(&mut linker, |sandbox| sandbox)?;
    Ok(linker)
}

/// The clocks and the random bytes of an invocation: the machine's, unless it is repeatable.
struct LiveView<'a>(&'a mut Sandbox);

struct Live;

fn live(sandbox: &mut Sandbox) -> LiveView<'_> {
    LiveView(sandbox)
}

impl HasData for Live {
    type Data<'a> = LiveView<'a>;
}

impl wall_clock::Host for LiveView<'_> {
    fn now(&mut self) -> wasmtime::Result<wall_clock::Datetime> {
        match &self.0.repeatable {
            Some(repeatable) => Ok(repeatable.wall_clock()),
            None => wall_clock::Host::now(&mut clocks(self.0)),
        }
    }

    fn resolution(&mut self) -> wasmtime::Result<wall_clock::Datetime> {
        wall_clock::Host::resolution(&mut clocks(self.0))
    }
}

impl monotonic_clock::Host for LiveView<'_> {
    fn now(&mut self) -> wasmtime::Result<u64> {
        match &self.0.repeatable {
            // As on a machine that was started an hour ago.
            Some(repeatable) => Ok(3_600_000_000_000 + repeatable.passed().as_nanos() as u64),
            None => monotonic_clock::Host::now(&mut clocks(self.0)),
        }
    }

    fn resolution(&mut self) -> wasmtime::Result<u64> {
        monotonic_clock::Host::resolution(&mut clocks(self.0))
    }

    fn subscribe_instant(&mut self, when: u64) -> wasmtime::Result<Resource<DynPollable>> {
        clocks(self.0).subscribe_instant(when)
    }

    fn subscribe_duration(&mut self, when: u64) -> wasmtime::Result<Resource<DynPollable>> {
        clocks(self.0).subscribe_duration(when)
    }
}

impl random::Host for LiveView<'_> {
    fn get_random_bytes(&mut self, bytes: u64) -> wasmtime::Result<Vec<u8>> {
        match &mut self.0.repeatable {
            Some(repeatable) => Still(repeatable.seed()).get_random_bytes(bytes),
            None => random_bytes(self.0).get_random_bytes(bytes),
        }
    }

    fn get_random_u64(&mut self) -> wasmtime::Result<u64> {
        match &mut self.0.repeatable {
            Some(repeatable) => Still(repeatable.seed()).get_random_u64(),
            None => random_bytes(self.0).get_random_u64(),
        }
    }
}

/// Time that stands still, and random bytes that only the lambda's own source and environment
/// decide: SHA-256 of the seed, which is thereby replaced, again and again.
struct Still<'a>(&'a mut [u8; 32]);

struct Build;

impl HasData for Build {
    type Data<'a> = Still<'a>;
}

impl Still<'_> {
    fn next(&mut self) -> [u8; 32] {
        let digest = ring::digest::digest(&ring::digest::SHA256, self.0);
        *self.0 = digest.as_ref().try_into().expect("SHA-256 has 32 bytes");
        *self.0
    }
}

impl wall_clock::Host for Still<'_> {
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

impl monotonic_clock::Host for Still<'_> {
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

impl random::Host for Still<'_> {
    fn get_random_bytes(&mut self, bytes: u64) -> wasmtime::Result<Vec<u8>> {
        const BYTES_MAX: u64 = 1 << 20;
        wasmtime::ensure!(bytes <= BYTES_MAX, "too many random bytes for a build");
        let mut random = Vec::new();
        while random.len() < bytes as usize {
            random.extend(self.next());
        }
        random.truncate(bytes as usize);
        Ok(random)
    }

    fn get_random_u64(&mut self) -> wasmtime::Result<u64> {
        let bytes = self.next();
        Ok(u64::from_le_bytes(
            *bytes.first_chunk().expect("32 bytes hold 8"),
        ))
    }
}

impl insecure_seed::Host for Still<'_> {
    fn insecure_seed(&mut self) -> wasmtime::Result<(u64, u64)> {
        Ok((0x243f_6a88_85a3_08d3, 0x1319_8a2e_0370_7344))
    }
}
