//! The last bench of all by name: the ratios of the suites before it, in one table.

fn main() -> std::io::Result<()> {
    ranker_benches::close_run()
}
