//! The program, run over a job and a folder of resumes.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// Ranks people, each a file's name and text, for a job, with what is kept in `data`; where the JSON is written.
pub(crate) fn rank(
    data: &Path,
    (asked, people): (&str, &[(&str, &str)]),
    more: &[&str],
) -> (Output, PathBuf) {
    let (json, profiles) = (data.join("ranking.json"), data.join("profiles"));
    let job = data.join("job.txt");
    std::fs::create_dir_all(&profiles).unwrap();
    std::fs::write(&job, asked).unwrap();
    for (name, text) in people {
        std::fs::write(profiles.join(name), text).unwrap();
    }
    let mut rank = Command::new(env!("CARGO_BIN_EXE_rank"));
    rank.arg("--data").arg(data.join("kept"));
    rank.arg("--job").arg(&job).arg("--profiles").arg(&profiles);
    rank.arg("--json").arg(&json).args(more);
    (rank.output().unwrap(), json)
}

/// What the program said.
pub(crate) fn told(output: &Output) -> String {
    let both = [&output.stdout[..], &output.stderr].concat();
    String::from_utf8_lossy(&both).into_owned()
}
