//! What the process has used of the processors.

/// CPU time of the whole process, where the system tells it (Linux).
#[must_use]
pub fn cpu_seconds() -> Option<f64> {
    /// Ticks a second in /proc, on every Linux.
    const TICKS: f64 = 100.0;
    let stat = std::fs::read_to_string("/proc/self/stat").ok()?;
    let fields = stat.rsplit_once(')')?.1.split_whitespace();
    let ticks = fields
        .skip(11)
        .take(2)
        .map(|field| field.parse::<f64>().ok());
    Some(ticks.sum::<Option<f64>>()? / TICKS)
}
