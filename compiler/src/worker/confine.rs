//! What does a worker give up before it reads a source?
//!
//! A source could find a mistake in the parser or the bundler and make the process its own. What it
//! has then: the pipes to the server, threads, memory within a bound, and a clock. It has no file,
//! no socket, no other process, and no way to get one.

use std::collections::BTreeMap;
use std::fs;
use std::io;

use rustix::process::{
    DumpableBehavior, Resource, Rlimit, Signal, getpid, getppid, set_dumpable_behavior,
    set_parent_process_death_signal, setrlimit,
};
use rustix::time::{ClockId, clock_gettime};
use seccompiler::{
    BpfProgram, SeccompAction, SeccompCmpArgLen, SeccompCmpOp, SeccompCondition, SeccompFilter,
    SeccompRule,
};

use super::Assignment;

/// What stays allowed with any file that was not inherited: the pipes, and what wakes threads.
const OF_FILES: &[libc::c_long] = &[
    libc::SYS_close,
    libc::SYS_epoll_ctl,
    libc::SYS_epoll_pwait,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_epoll_wait,
    libc::SYS_read,
    libc::SYS_write,
    libc::SYS_writev,
];

/// What stays allowed, whatever its arguments are: memory, threads, signals, clocks.
const ALLOWED: &[libc::c_long] = &[
    libc::SYS_brk,
    libc::SYS_clock_gettime,
    libc::SYS_clock_nanosleep,
    libc::SYS_exit,
    libc::SYS_exit_group,
    libc::SYS_futex,
    libc::SYS_getcpu,
    libc::SYS_getpid,
    libc::SYS_getrandom,
    libc::SYS_gettid,
    libc::SYS_gettimeofday,
    libc::SYS_madvise,
    libc::SYS_membarrier,
    libc::SYS_mprotect,
    libc::SYS_mremap,
    libc::SYS_munmap,
    libc::SYS_nanosleep,
    libc::SYS_restart_syscall,
    libc::SYS_rseq,
    libc::SYS_rt_sigaction,
    libc::SYS_rt_sigprocmask,
    libc::SYS_rt_sigreturn,
    libc::SYS_sched_getaffinity,
    libc::SYS_sched_yield,
    libc::SYS_set_robust_list,
    libc::SYS_sigaltstack,
    libc::SYS_sysinfo,
];

/// Why a process could not be confined.
#[derive(Debug, thiserror::Error)]
pub(super) enum ConfineError {
    #[error("the process that started this one is gone")]
    Orphan,
    #[error("a resource cannot be limited: {0}")]
    Limit(#[from] io::Error),
    #[error("the process cannot read how much memory it has")]
    Memory,
    #[error("system calls cannot be filtered: {0}")]
    Filter(String),
}

/// Makes sure that this process does not outlive the one that started it.
pub(super) fn live_with(parent: u32) -> Result<(), ConfineError> {
    set_parent_process_death_signal(Some(Signal::KILL)).map_err(io::Error::from)?;
    // It may have died before it would have been noticed.
    let id = getppid().map(|id| id.as_raw_nonzero().get());
    match id.and_then(|id| u32::try_from(id).ok()) {
        Some(id) if id == parent => Ok(()),
        _ => Err(ConfineError::Orphan),
    }
}

/// What whoever started the server left open for its children by mistake: the server's own files are
/// closed by now. To be asked before any file is opened.
pub(super) fn inherited_files() -> Result<Vec<u64>, ConfineError> {
    let names: Vec<_> = fs::read_dir("/proc/self/fd")?
        .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
        .collect();
    // The directory that was just read is not there any more.
    let is_open = |file: &u64| fs::read_link(format!("/proc/self/fd/{file}")).is_ok();
    let files = names.iter().filter_map(|name| name.parse().ok());
    Ok(files.filter(|file| *file > 2 && is_open(file)).collect())
}

/// Bounds time, memory beyond what there is by now, and files. The threads that prepare a source are
/// there by now: not all of a stack is ever touched, but all of it counts.
pub(super) fn limit(assignment: &Assignment) -> Result<(), ConfineError> {
    let used = clock_gettime(ClockId::ProcessCPUTime).tv_sec.unsigned_abs();
    let cpu = used + 1 + assignment.cpu_seconds;
    let memory = data_bytes()? + assignment.memory_bytes;
    for (resource, most) in [
        (Resource::Data, memory),
        (Resource::Core, 0),
        (Resource::Fsize, 0),
        (Resource::Memlock, 0),
        (Resource::Nofile, 0),
    ] {
        bound(resource, most, most)?;
    }
    // The first one has a signal of its own; the other one is not to be reached.
    bound(Resource::Cpu, cpu, cpu + 1)?;
    // Nobody of the same user looks into it, or holds it up.
    Ok(set_dumpable_behavior(DumpableBehavior::NotDumpable).map_err(io::Error::from)?)
}

fn bound(resource: Resource, current: u64, maximum: u64) -> io::Result<()> {
    let limit = Rlimit {
        current: Some(current),
        maximum: Some(maximum),
    };
    Ok(setrlimit(resource, limit)?)
}

/// The memory that counts against its limit by now.
fn data_bytes() -> Result<u64, ConfineError> {
    let status = fs::read_to_string("/proc/self/status")?;
    let kilobytes = status
        .lines()
        .find_map(|line| line.strip_prefix("VmData:"))
        .and_then(|rest| rest.trim().trim_end_matches(" kB").parse::<u64>().ok());
    Ok(kilobytes.ok_or(ConfineError::Memory)? * 1024)
}

/// From here on, every system call but those that are needed fails, as if the kernel did not have it:
/// the C library falls back to older ones then, which can be told apart by their arguments. Of the
/// open files, those that were inherited are of no use to any call.
pub(super) fn give_up_the_system(inherited: &[u64]) -> Result<(), ConfineError> {
    let failed = |error: String| ConfineError::Filter(error);
    let filter = filter(inherited).map_err(|error| failed(error.to_string()))?;
    seccompiler::apply_filter_all_threads(&filter).map_err(|error| failed(error.to_string()))
}

fn filter(inherited: &[u64]) -> Result<BpfProgram, seccompiler::BackendError> {
    let mut rules: BTreeMap<i64, Vec<SeccompRule>> =
        ALLOWED.iter().map(|call| (*call, Vec::new())).collect();
    for call in OF_FILES {
        rules.insert(*call, none_of(inherited)?);
    }
    let thread = libc::CLONE_THREAD as u64;
    let anonymous = libc::MAP_ANONYMOUS as u64;
    let shared = libc::MAP_SHARED as u64;
    let own_id = getpid().as_raw_nonzero().get() as u64;
    let names = [libc::PR_SET_NAME, libc::PR_SET_VMA].map(|option| option as u64);
    // Threads, and no processes.
    rules.insert(libc::SYS_clone, vec![all_of(0, thread, thread)?]);
    // Shared memory does not count against the limit.
    rules.insert(
        libc::SYS_mmap,
        vec![all_of(3, anonymous | shared, anonymous)?],
    );
    // A signal to itself: so it aborts.
    rules.insert(libc::SYS_tgkill, one_of(&[own_id])?);
    rules.insert(libc::SYS_prctl, one_of(&names)?);
    let filter = SeccompFilter::new(
        rules,
        SeccompAction::Errno(libc::ENOSYS as u32),
        SeccompAction::Allow,
        std::env::consts::ARCH.try_into()?,
    )?;
    filter.try_into()
}

/// An argument of which these bits have to be like this.
fn all_of(argument: u8, mask: u64, bits: u64) -> Result<SeccompRule, seccompiler::BackendError> {
    let operator = SeccompCmpOp::MaskedEq(mask);
    let condition = SeccompCondition::new(argument, SeccompCmpArgLen::Qword, operator, bits)?;
    SeccompRule::new(vec![condition])
}

/// A first argument that has to be one of these.
fn one_of(values: &[u64]) -> Result<Vec<SeccompRule>, seccompiler::BackendError> {
    let is = |value: &u64| SeccompRule::new(vec![first_is(SeccompCmpOp::Eq, *value)?]);
    values.iter().map(is).collect()
}

/// A first argument that must not be any of these; anything when there are none.
fn none_of(values: &[u64]) -> Result<Vec<SeccompRule>, seccompiler::BackendError> {
    let is_not = |value: &u64| first_is(SeccompCmpOp::Ne, *value);
    let conditions: Vec<_> = values.iter().map(is_not).collect::<Result<_, _>>()?;
    match conditions.is_empty() {
        true => Ok(Vec::new()),
        false => Ok(vec![SeccompRule::new(conditions)?]),
    }
}

fn first_is(
    operator: SeccompCmpOp,
    value: u64,
) -> Result<SeccompCondition, seccompiler::BackendError> {
    SeccompCondition::new(0, SeccompCmpArgLen::Dword, operator, value)
}

#[cfg(test)]
mod tests {
    use std::fs::File;
    use std::io::Read as _;
    use std::net::TcpListener;
    use std::os::fd::AsRawFd as _;
    use std::process::Command;

    use super::*;

    /// Does something on a thread that has given up the system.
    fn confined<T: Send>(inherited: &[u64], test: impl FnOnce() -> T + Send) -> T {
        std::thread::scope(|scope| {
            let thread = scope.spawn(|| {
                seccompiler::apply_filter(&filter(inherited).unwrap()).unwrap();
                test()
            });
            thread.join().unwrap()
        })
    }

    #[test]
    fn nothing_can_be_opened_connected_or_started() {
        let (opened, listening, started) = confined(&[], || {
            (
                File::open("/dev/null").map(drop),
                TcpListener::bind("127.0.0.1:0").map(drop),
                Command::new("/bin/true").spawn().map(drop),
            )
        });
        for refused in [opened, listening, started] {
            assert_eq!(refused.unwrap_err().raw_os_error(), Some(libc::ENOSYS));
        }
    }

    #[test]
    fn threads_and_memory_are_to_be_had() {
        let text = confined(&[], || {
            let thread = std::thread::spawn(|| "x".repeat(64 << 20));
            thread.join().unwrap()
        });
        assert_eq!(text.len(), 64 << 20);
    }

    #[test]
    fn a_file_that_was_inherited_is_of_no_use_and_others_are() {
        let (mut own, mut inherited) = (zeros(), zeros());
        let known = inherited_files().unwrap();
        let number = inherited.as_raw_fd().unsigned_abs().into();
        assert!(known.contains(&number), "{known:?}");
        let (read, refused) = confined(&[number], || {
            (own.read(&mut [0; 4]), inherited.read(&mut [0; 4]))
        });
        assert_eq!(read.unwrap(), 4);
        assert_eq!(refused.unwrap_err().raw_os_error(), Some(libc::ENOSYS));
    }

    fn zeros() -> File {
        File::open("/dev/zero").unwrap()
    }

    #[test]
    fn only_files_that_are_open_are_found() {
        let known = inherited_files().unwrap();
        assert!(known.iter().all(|file| *file > 2), "{known:?}");
    }
}
