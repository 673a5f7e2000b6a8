//! Numbers and texts out of a file's bytes.

pub(super) struct Cursor<'b> {
    bytes: &'b [u8],
    place: usize,
}

impl<'b> Cursor<'b> {
    pub(super) fn new(bytes: &'b [u8]) -> Self {
        Self { bytes, place: 0 }
    }

    /// How many bytes were read.
    pub(super) fn place(&self) -> usize {
        self.place
    }

    pub(super) fn take(&mut self, count: usize) -> Result<&'b [u8], String> {
        let rest = &self.bytes[self.place..];
        let Some(taken) = rest.get(..count) else {
            return Err(format!(
                "it ends after {} bytes, too early",
                self.bytes.len()
            ));
        };
        self.place += count;
        Ok(taken)
    }

    pub(super) fn array<const N: usize>(&mut self) -> Result<[u8; N], String> {
        let mut array = [0; N];
        array.copy_from_slice(self.take(N)?);
        Ok(array)
    }

    pub(super) fn u32(&mut self) -> Result<u32, String> {
        Ok(u32::from_le_bytes(self.array()?))
    }

    pub(super) fn u64(&mut self) -> Result<u64, String> {
        Ok(u64::from_le_bytes(self.array()?))
    }

    /// A count of things of so many bytes each at least, which the rest of the file must hold.
    pub(super) fn count(&self, what: &str, count: u64, least: usize) -> Result<usize, String> {
        let room = (self.bytes.len() - self.place) / least.max(1);
        let count = usize::try_from(count).ok().filter(|&count| count <= room);
        count.ok_or_else(|| format!("it claims more {what} than it has bytes for"))
    }

    pub(super) fn text(&mut self, what: &str) -> Result<&'b str, String> {
        let length = self.u64()?;
        let length = self.count(&format!("bytes of {what}"), length, 1)?;
        let bytes = self.take(length)?;
        std::str::from_utf8(bytes).map_err(|_| format!("{what} is no UTF-8"))
    }
}
