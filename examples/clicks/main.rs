//! Measures learning from simulated clicks: how much better are rankings that do not take clicks for
//! judgements?

mod protocol;
mod table;

use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Parser;
use ranker_core::decode::Reader;
use ranker_examples::{Outcome, finish, say};
use ranker_rlhf::{JudgedRows, read_groups, read_svmlight};

use protocol::Protocol;
use table::Table;

/// Measures learning from simulated clicks, over several seeds.
///
/// Each training list is shown in the order of one feature to a simulated recruiter, who goes down
/// from the top, clicks a candidate of grade 0 to 4 with a chance of .4, .6, .7, .8 or .9, and stops
/// after each with a chance of .2 (the cascade of LightGBM's own test of position bias). Models of
/// the same boosted trees then learn from the clicks in different ways, and are measured by the
/// grades of the test lists. The click model is chosen by held-out clicks alone.
///
/// The interval is of the mean over seeds; the test lists are the same for all.
#[derive(Debug, Parser)]
struct Args {
    /// Training lists: svmlight with `qid:`, or with LightGBM's `.query` file beside it.
    #[arg(long)]
    train: PathBuf,
    /// Test lists, in the same form.
    #[arg(long)]
    test: PathBuf,
    /// How many seeds.
    #[arg(long, default_value_t = 20)]
    seeds: u64,
    /// How often each list is shown.
    #[arg(long, default_value_t = 1)]
    sessions: usize,
    /// The feature by which lists are shown, greatest first.
    #[arg(long, default_value = "f34")]
    order: String,
    /// Writes the numbers as JSON.
    #[arg(long)]
    json: Option<PathBuf>,
}

fn main() -> ExitCode {
    finish(run(&Args::parse()))
}

fn run(args: &Args) -> Outcome {
    if args.seeds == 0 || args.sessions == 0 {
        return Err("--seeds and --sessions must be at least 1".into());
    }
    let (train, test) = (read(&args.train)?, read(&args.test)?);
    let schema = train.schema();
    let (train, test) = (train.lists(&schema)?, test.lists(&schema)?);
    let order = schema.position(&args.order);
    let order = order.ok_or_else(|| format!("the data has no feature {}", args.order))?;
    let protocol = Protocol::new((train, test), order, args.sessions)?;
    let mut table = Table::default();
    for seed in 0..args.seeds {
        let chosen = protocol.run(seed, &mut table)?;
        say(&format!("seed {seed}: {chosen}"));
    }
    let mut out = std::io::stdout().lock();
    write!(out, "{table}")?;
    if let Some(path) = &args.json {
        let text = serde_json::to_string_pretty(&table.json(args.seeds, args.sessions))?;
        std::fs::write(path, text + "\n")?;
    }
    Ok(())
}

/// Reads lists; their queries from the file beside it, if there is one.
fn read(path: &Path) -> Outcome<JudgedRows> {
    let open = |path: &Path| {
        let file = File::open(path).and_then(Reader::new);
        file.map_err(|error| format!("{}: {error}", path.display()))
    };
    let rows = read_svmlight(open(path)?)?;
    let mut groups = path.as_os_str().to_owned();
    groups.push(".query");
    let groups = PathBuf::from(groups);
    if !groups.exists() {
        return Ok(rows);
    }
    Ok(rows.with_groups(&read_groups(open(&groups)?)?)?)
}
