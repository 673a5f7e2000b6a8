//! Logs as lines of JSON, one event a line.

use std::borrow::Cow;
use std::cell::Cell;
use std::io::{BufRead, Read, Write};

use ranker_core::BoxError;

use super::error::LogError;
use super::event::Event;
use super::store::{Appended, FeedbackLog};
use super::wire;

/// The longest line that is read, in bytes: more would fill the memory.
const LONGEST_LINE: u64 = 1 << 26;

impl FeedbackLog {
    /// Writes all events as JSON, one a line, in the order in which they were stored; returns how
    /// many. [`FeedbackLog::import_jsonl`] reads them back, bit by bit.
    ///
    /// # Errors
    ///
    /// [`LogError::Export`] when the writer fails, and whatever reading the log gives.
    pub fn export_jsonl(&self, mut writer: impl Write) -> Result<usize, LogError> {
        let unwritten = |source| LogError::Export { source };
        let mut count = 0;
        for logged in self.events() {
            let line = wire::line(&logged?.event).map_err(|e| unwritten(e.into()))?;
            writeln!(writer, "{line}").map_err(unwritten)?;
            count += 1;
        }
        writer.flush().map_err(unwritten)?;
        Ok(count)
    }

    /// Appends the events of exported lines, all or none. Blank lines are skipped, events that are
    /// there already too.
    ///
    /// Other writers wait until it is done: read from a file, not from a slow connection.
    ///
    /// # Errors
    ///
    /// [`LogError::Line`] with the number of the first line that is no event, cannot be read, is
    /// longer than 64 MiB, or whose id stands for another event; whatever storing gives.
    pub fn import_jsonl(&self, reader: impl BufRead) -> Result<Appended, LogError> {
        let line = Cell::new(0);
        let at_line = |source| LogError::Line {
            line: line.get(),
            source,
        };
        let mut lines = Lines {
            reader,
            number: &line,
            buffer: Vec::new(),
        };
        let events = std::iter::from_fn(|| lines.event().map_err(at_line).transpose());
        self.store(events.map(|event| event.map(Cow::<Event>::Owned)))
            .map_err(|error| match error {
                LogError::Conflict { .. } => at_line(error.into()),
                other => other,
            })
    }
}

struct Lines<'n, R> {
    reader: R,
    number: &'n Cell<usize>,
    buffer: Vec<u8>,
}

impl<R: BufRead> Lines<'_, R> {
    /// The event of the next line that is not blank.
    fn event(&mut self) -> Result<Option<Event>, BoxError> {
        while self.read()? {
            let line = std::str::from_utf8(&self.buffer)?;
            // A byte order mark, which some editors put before the first line.
            let line = line.strip_prefix('\u{feff}').unwrap_or(line).trim();
            if !line.is_empty() {
                return wire::parse(line).map(Some);
            }
        }
        Ok(None)
    }

    /// Reads a line into the buffer; `false` at the end.
    fn read(&mut self) -> Result<bool, BoxError> {
        self.number.set(self.number.get() + 1);
        self.buffer.clear();
        let mut limited = self.reader.by_ref().take(LONGEST_LINE);
        let read = limited.read_until(b'\n', &mut self.buffer)? as u64;
        if read == LONGEST_LINE {
            return Err(format!("it is longer than {LONGEST_LINE} bytes").into());
        }
        Ok(read > 0)
    }
}
