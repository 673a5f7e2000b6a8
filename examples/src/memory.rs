//! What the process holds in memory.

/// A line of the process's status in MiB, where the system tells it (Linux): `VmRSS` for what is
/// resident now, `VmHWM` for the most that ever was.
#[must_use]
pub fn memory_mb(line: &str) -> Option<f64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let said = |said: &str| {
        said.strip_prefix(line)?
            .strip_prefix(':')
            .map(str::to_owned)
    };
    let said = status.lines().find_map(said)?;
    let kibibytes: f64 = said.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kibibytes / 1024.0)
}
