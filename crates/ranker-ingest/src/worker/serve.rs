//! The worker's side.

use std::io::{self, Read, Write};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::thread;

use super::bounds::bound;
use super::{Answer, Settings, frame};
use crate::error::Unreadable;
use crate::read::read;

/// The most bytes of the first frame.
const SETTINGS: usize = 1 << 16;

/// Parsers that call themselves for each level of a document have this much room for it.
const STACK: usize = 64 << 20;

/// Serves a parent: reads documents from `input` and answers to `output`, until `input` ends.
///
/// A program calls this, with its standard input and output, when it is started with the arguments
/// that it gave to [`Program`](super::Program), and then ends. The process bounds its own memory, so it should do
/// nothing else.
///
/// # Errors
///
/// What reading and writing report, or a first frame that holds no settings.
pub fn serve(
    mut input: impl Read + Send + 'static,
    mut output: impl Write + Send + 'static,
) -> io::Result<()> {
    let served = thread::Builder::new().stack_size(STACK).spawn(move || {
        let Some(settings) = frame::read(&mut input, SETTINGS)? else {
            return Ok(());
        };
        let settings: Settings = serde_json::from_slice(&settings)?;
        bound(settings.limits.memory);
        while let Some(bytes) = frame::read(&mut input, settings.limits.input)? {
            let answer = serde_json::to_vec(&answer(&bytes, &settings))?;
            frame::write(&mut output, &answer)?;
        }
        Ok(())
    });
    let panicked = || io::Error::other("the worker's thread panicked");
    served?.join().map_err(|_| panicked())?
}

/// A parser that panics has damaged nothing: it is given a copy of everything anew each time.
fn answer(bytes: &[u8], settings: &Settings) -> Answer {
    let read = || read(bytes, &settings.limits, &settings.pdf);
    let read = catch_unwind(AssertUnwindSafe(read));
    match read.unwrap_or_else(|_| Err(Unreadable::damaged("its parser gave up on it"))) {
        Ok(document) => Answer::Document(document),
        Err(error) => Answer::Unreadable(error.into()),
    }
}
