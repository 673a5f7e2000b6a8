use std::fs::{self, File};
use std::io::{Error, ErrorKind, Read, Seek, SeekFrom, Write};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use ranker_core::{Embedding, Role, TokenUsage};
use redb::StorageBackend;

use super::*;

/// The `i`-th embedding of 24 components, with its key.
fn entry(i: u32) -> (Key, Embedded) {
    let vector = (0..24).map(|c| ((i * 31 + c * 7) % 17) as f32 - 8.5);
    let embedded = Embedded::new(
        Embedding::normalized(vector.collect()).unwrap(),
        TokenUsage::new(i as usize + 2, 2),
    );
    (
        record::key("model", Role::Document, &format!("text {i}")),
        embedded,
    )
}

fn put(store: &Store, range: std::ops::Range<u32>) -> Result<(), CacheError> {
    let entries: Vec<_> = range.map(entry).collect();
    let entries: Vec<_> = entries.iter().map(|(key, e)| (*key, e)).collect();
    store.put(&entries)
}

/// How many of the first `count` entries are stored; panics when one is stored wrongly.
fn stored(store: &Store, count: u32) -> Result<usize, CacheError> {
    let entries: Vec<_> = (0..count).map(entry).collect();
    let keys: Vec<_> = entries.iter().map(|(key, _)| *key).collect();
    let found = store.get(&keys, 24)?;
    for (found, (_, expected)) in found.iter().zip(&entries) {
        assert!(found.as_ref().is_none_or(|found| found == expected));
    }
    Ok(found.iter().flatten().count())
}

#[test]
fn keeps_what_was_put_across_opens() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("cache");
    let store = Store::open(&path).unwrap();
    assert_eq!(stored(&store, 10).unwrap(), 0);
    put(&store, 0..6).unwrap();
    let refused = Store::open(&path).err().unwrap();
    assert!(
        matches!(&refused, CacheError::Open { path: p, .. } if *p == path),
        "{refused:?}"
    );
    drop(store);
    assert_eq!(stored(&Store::open(&path).unwrap(), 10).unwrap(), 6);
}

#[test]
fn leaves_other_files_as_they_are() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("file");
    let refuse = || {
        let before = fs::read(&path).unwrap();
        let refused = Store::open(&path).err().unwrap();
        assert!(
            matches!(&refused, CacheError::Foreign { path: p } if *p == path),
            "{refused:?}"
        );
        assert_eq!(refused.to_string().matches("file").count(), 2, "{refused}");
        before
    };
    for text in ["candidate,text\n".repeat(2000), "short".to_owned()] {
        fs::write(&path, text).unwrap();
        let before = refuse();
        assert_eq!(fs::read(&path).unwrap(), before);
    }

    fs::remove_file(&path).unwrap();
    let others: TableDefinition<'_, u64, u64> = TableDefinition::new("theirs");
    let database = Database::create(&path).unwrap();
    let write = database.begin_write().unwrap();
    write.open_table(others).unwrap().insert(1, 2).unwrap();
    write.commit().unwrap();
    drop(database);
    refuse();

    fs::remove_file(&path).unwrap();
    let store = Store::open(&path).unwrap();
    let write = store.database().begin_write().unwrap();
    let later = write
        .open_table(FORMAT)
        .unwrap()
        .insert("version", 2)
        .unwrap()
        .is_some();
    assert!(later);
    write.commit().unwrap();
    drop(store);
    refuse();

    let refused = Store::open(folder.path()).err().unwrap();
    assert!(matches!(refused, CacheError::Open { .. }), "{refused:?}");
}

#[test]
fn damage_is_an_error_or_a_miss_and_never_a_wrong_answer() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("cache");
    put(&Store::open(&path).unwrap(), 0..40).unwrap();
    let sound = fs::read(&path).unwrap();
    let (mut refused, mut survived) = (0, 0);
    let mut open = |bytes: &[u8], what: &str| {
        fs::write(&path, bytes).unwrap();
        match Store::open(&path).and_then(|store| stored(&store, 40)) {
            Ok(_) => survived += 1,
            Err(error) => {
                assert!(error.to_string().contains("cache"), "{what}: {error}");
                refused += 1;
            }
        }
    };
    let step = sound.len() / 150;
    for at in (0..sound.len()).step_by(step).chain(0..400) {
        let mut damaged = sound.clone();
        damaged[at] ^= 0xff;
        open(&damaged, &format!("byte {at}"));
    }
    for cut in (1..sound.len()).step_by(step) {
        open(&sound[..cut], &format!("cut at {cut}"));
    }
    assert!(
        refused > 100 && survived > 0,
        "{refused} refused, {survived} survived"
    );
}

#[test]
fn a_full_disk_loses_nothing_that_was_stored() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("cache");
    put(&Store::open(&path).unwrap(), 0..20).unwrap();
    let (store, free) = on_a_disk(&path);
    free.store(0, Ordering::SeqCst);
    assert_eq!(stored(&store, 20).unwrap(), 20);
    let refused = put(&store, 20..2000).unwrap_err();
    assert!(
        matches!(&refused, CacheError::Access { path: p, .. } if *p == path),
        "{refused:?}"
    );
    drop(store);
    assert_eq!(stored(&Store::open(&path).unwrap(), 40).unwrap(), 20);
}

/// A store on a disk with as many free bytes as the number says.
pub(in crate::cache) fn on_a_disk(path: &Path) -> (Store, Arc<AtomicU64>) {
    let free = Arc::new(AtomicU64::new(u64::MAX));
    let mut options = File::options();
    let file = options.read(true).write(true).create(true).truncate(false);
    let disk = Disk {
        file: Mutex::new(file.open(path).unwrap()),
        free: Arc::clone(&free),
    };
    let database = builder().create_with_backend(disk).unwrap();
    (Store::with_database(path, database).unwrap(), free)
}

#[derive(Debug)]
struct Disk {
    file: Mutex<File>,
    free: Arc<AtomicU64>,
}

impl StorageBackend for Disk {
    fn len(&self) -> Result<u64, Error> {
        Ok(self.file.lock().unwrap().metadata()?.len())
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> Result<(), Error> {
        let mut file = self.file.lock().unwrap();
        file.seek(SeekFrom::Start(offset))?;
        file.read_exact(out)
    }

    fn set_len(&self, len: u64) -> Result<(), Error> {
        let file = self.file.lock().unwrap();
        let grows = len.saturating_sub(file.metadata()?.len());
        if grows > self.free.load(Ordering::SeqCst) {
            return Err(ErrorKind::StorageFull.into());
        }
        file.set_len(len)
    }

    fn sync_data(&self) -> Result<(), Error> {
        self.file.lock().unwrap().sync_data()
    }

    fn write(&self, offset: u64, data: &[u8]) -> Result<(), Error> {
        let mut file = self.file.lock().unwrap();
        file.seek(SeekFrom::Start(offset))?;
        file.write_all(data)
    }
}
