//! What the system is asked to hold a worker to.

/// Bounds the address space of this process, and keeps it from writing core dumps.
#[cfg(target_os = "linux")]
pub(super) fn bound(memory: u64) {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

    let to = |resource, bytes: u64| {
        // A lower bound that someone else has set stays.
        let maximum = getrlimit(resource).maximum;
        let bytes = maximum.map_or(bytes, |maximum| maximum.min(bytes));
        let limit = Rlimit {
            current: Some(bytes),
            maximum,
        };
        // A system that refuses leaves the worker with the bound on its time.
        let _ = setrlimit(resource, limit);
    };
    to(Resource::As, memory);
    to(Resource::Core, 0);
}

/// Elsewhere a worker is bounded in time and output only.
#[cfg(not(target_os = "linux"))]
pub(super) fn bound(_memory: u64) {}
