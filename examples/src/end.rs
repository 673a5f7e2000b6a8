//! How a program ends, and what it tells its user.

use std::error::Error;
use std::io;
use std::process::ExitCode;

/// What a program's parts return: any error, to be shown with its causes.
pub type Outcome<T = ()> = Result<T, Box<dyn Error>>;

/// Ends a program: an error is shown with its causes and makes the exit code 1.
///
/// A reader that has gone away (`... | head`) is no error.
#[must_use]
pub fn finish(outcome: Outcome) -> ExitCode {
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) if is_broken_pipe(&*error) => ExitCode::SUCCESS,
        Err(error) => {
            say(&described(&*error));
            ExitCode::FAILURE
        }
    }
}

/// Tells the user something beside the result, on standard error.
#[expect(clippy::print_stderr, reason = "a program talks to its user")]
pub fn say(line: &str) {
    eprintln!("{line}");
}

/// An error and its causes on one line.
#[must_use]
pub fn causes(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text.push_str(&format!(": {error}"));
        cause = error.source();
    }
    text
}

fn is_broken_pipe(error: &(dyn Error + 'static)) -> bool {
    let cause = error.downcast_ref::<io::Error>();
    cause.is_some_and(|error| error.kind() == io::ErrorKind::BrokenPipe)
}

/// An error and its causes, one a line.
fn described(error: &dyn Error) -> String {
    let mut text = format!("error: {error}");
    let mut cause = error.source();
    while let Some(error) = cause {
        text.push_str(&format!("\n  caused by: {error}"));
        cause = error.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    #[test]
    fn an_error_is_shown_with_its_causes() {
        let error = ranker::files::read_profiles(Path::new("no/such.jsonl")).unwrap_err();
        let shown = described(&error);
        assert!(
            shown.starts_with("error: cannot read no/such.jsonl\n  caused by: No such file"),
            "{shown}"
        );
    }

    #[test]
    fn a_reader_that_left_is_no_error() {
        let gone = io::Error::from(io::ErrorKind::BrokenPipe);
        assert!(is_broken_pipe(&gone));
        assert!(!is_broken_pipe(&io::Error::other("disk full")));
    }
}
