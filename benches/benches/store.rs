//! Which embedded store holds profiles best: 100,000 of them with facts, text and a vector of 384
//! components in each candidate, in one run, on the disk of `TMPDIR`.
//!
//! Measured: inserting in durable transactions of 1,000 and of 1; all in the order of keys; 100 by
//! random id, each alone; the file; opening. What is read is compared with what was written. Not
//! measured: what is built from it (codes, the inverted index). `cargo bench --bench store`; `-- 20000`
//! takes fewer. A statement of SQLite's is prepared once a transaction or lookup, which costs it some
//! microseconds.

#![allow(clippy::print_stdout)] // It prints what it has measured.

use std::path::Path;
use std::time::Instant;

use fjall::{KeyspaceCreateOptions, KvSeparationOptions, PersistMode};
use heed::byteorder::BigEndian;
use heed::types::{Bytes, Str, U64};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use ranker_benches::{Ratios, is_quick};
use ranker_examples::bytes_of;
use redb::{Database, ReadableDatabase, ReadableTable, TableDefinition};
use rusqlite::{Connection, params};

type Failure = Box<dyn std::error::Error>;

const BATCH: usize = 1000;
const SINGLES: usize = 50;
const LOOKUPS: usize = 100;

/// Id and bytes.
type Record = (String, Vec<u8>);

/// A store that is measured.
trait Candidate: Sized {
    const NAME: &'static str;
    fn open(path: &Path) -> Result<Self, Failure>;
    /// One durable transaction.
    fn insert(&self, first: usize, records: &[Record]) -> Result<(), Failure>;
    /// The sum of all bytes, read in the order of keys, as far as `each` makes it.
    fn read_all(&self, each: &mut dyn FnMut(&[u8])) -> Result<(), Failure>;
    fn get(&self, id: &str) -> Result<Option<Vec<u8>>, Failure>;
}

const IDS: TableDefinition<'_, &str, u64> = TableDefinition::new("ids");
const ROWS: TableDefinition<'_, u64, &[u8]> = TableDefinition::new("rows");

/// redb; with quick repair, as the collection uses it, if `QUICK`.
struct Redb<const QUICK: bool>(Database);

impl<const QUICK: bool> Candidate for Redb<QUICK> {
    const NAME: &'static str = if QUICK { "redb, quick repair" } else { "redb" };

    fn open(path: &Path) -> Result<Self, Failure> {
        let mut builder = Database::builder();
        builder.set_cache_size(64 << 20);
        Ok(Self(builder.create(path.join("store.redb"))?))
    }

    fn insert(&self, first: usize, records: &[Record]) -> Result<(), Failure> {
        let mut write = self.0.begin_write()?;
        write.set_quick_repair(QUICK);
        {
            let (mut ids, mut rows) = (write.open_table(IDS)?, write.open_table(ROWS)?);
            for (row, (id, bytes)) in (first as u64..).zip(records) {
                ids.insert(id.as_str(), row)?;
                rows.insert(row, bytes.as_slice())?;
            }
        }
        Ok(write.commit()?)
    }

    fn read_all(&self, each: &mut dyn FnMut(&[u8])) -> Result<(), Failure> {
        let rows = self.0.begin_read()?.open_table(ROWS)?;
        for entry in rows.iter()? {
            each(entry?.1.value());
        }
        Ok(())
    }

    fn get(&self, id: &str) -> Result<Option<Vec<u8>>, Failure> {
        let read = self.0.begin_read()?;
        let Some(row) = read.open_table(IDS)?.get(id)? else {
            return Ok(None);
        };
        let bytes = read.open_table(ROWS)?.get(row.value())?;
        Ok(bytes.map(|bytes| bytes.value().to_vec()))
    }
}

/// SQLite with a write-ahead log, synchronised at every commit.
struct Sqlite(Connection);

impl Candidate for Sqlite {
    const NAME: &'static str = "SQLite, WAL";

    fn open(path: &Path) -> Result<Self, Failure> {
        let connection = Connection::open(path.join("store.sqlite"))?;
        connection.execute_batch(
            "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA cache_size = -65536;
             CREATE TABLE IF NOT EXISTS profiles \
             (row INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, bytes BLOB NOT NULL);",
        )?;
        Ok(Self(connection))
    }

    fn insert(&self, first: usize, records: &[Record]) -> Result<(), Failure> {
        self.0.execute_batch("BEGIN IMMEDIATE")?;
        {
            let sql = "INSERT INTO profiles (row, id, bytes) VALUES (?1, ?2, ?3)";
            let mut insert = self.0.prepare(sql)?;
            for (row, (id, bytes)) in (first as i64..).zip(records) {
                insert.execute(params![row, id, bytes])?;
            }
        }
        Ok(self.0.execute_batch("COMMIT")?)
    }

    fn read_all(&self, each: &mut dyn FnMut(&[u8])) -> Result<(), Failure> {
        let sql = "SELECT bytes FROM profiles ORDER BY row";
        let mut select = self.0.prepare(sql)?;
        let mut rows = select.query([])?;
        while let Some(row) = rows.next()? {
            each(row.get_ref(0)?.as_blob()?);
        }
        Ok(())
    }

    fn get(&self, id: &str) -> Result<Option<Vec<u8>>, Failure> {
        let sql = "SELECT bytes FROM profiles WHERE id = ?1";
        let mut select = self.0.prepare(sql)?;
        let mut rows = select.query([id])?;
        Ok(rows.next()?.map(|row| row.get(0)).transpose()?)
    }
}

/// fjall, whose journal is synchronised at every commit; values lie apart from keys, as its manual
/// advises for values of a kilobyte and more.
struct Fjall {
    database: fjall::Database,
    ids: fjall::Keyspace,
    rows: fjall::Keyspace,
}

impl Candidate for Fjall {
    const NAME: &'static str = "fjall";

    fn open(path: &Path) -> Result<Self, Failure> {
        let database = fjall::Database::builder(path.join("store.fjall"))
            .cache_size(64 << 20)
            .open()?;
        let apart = || {
            let apart = KvSeparationOptions::default();
            KeyspaceCreateOptions::default().with_kv_separation(Some(apart))
        };
        let ids = database.keyspace("ids", KeyspaceCreateOptions::default)?;
        let rows = database.keyspace("rows", apart)?;
        Ok(Self {
            database,
            ids,
            rows,
        })
    }

    fn insert(&self, first: usize, records: &[Record]) -> Result<(), Failure> {
        let mut batch = self.database.batch().durability(Some(PersistMode::SyncAll));
        for (row, (id, bytes)) in (first as u64..).zip(records) {
            let row = row.to_be_bytes();
            batch.insert(&self.ids, id.as_str(), row);
            batch.insert(&self.rows, row, bytes.as_slice());
        }
        Ok(batch.commit()?)
    }

    fn read_all(&self, each: &mut dyn FnMut(&[u8])) -> Result<(), Failure> {
        for entry in self.rows.iter() {
            each(&entry.value()?);
        }
        Ok(())
    }

    fn get(&self, id: &str) -> Result<Option<Vec<u8>>, Failure> {
        let Some(row) = self.ids.get(id)? else {
            return Ok(None);
        };
        Ok(self.rows.get(row)?.map(|bytes| bytes.to_vec()))
    }
}

/// LMDB through heed, synchronised at every commit. How large its file may grow is said at opening.
struct Lmdb {
    environment: heed::Env,
    ids: heed::Database<Str, U64<BigEndian>>,
    rows: heed::Database<U64<BigEndian>, Bytes>,
}

impl Candidate for Lmdb {
    const NAME: &'static str = "LMDB (heed)";

    #[allow(unsafe_code)]
    fn open(path: &Path) -> Result<Self, Failure> {
        let mut options = heed::EnvOpenOptions::new();
        options.map_size(64 << 30).max_dbs(2);
        // SAFETY: nobody else changes the file, which lies in a directory of this process's own.
        let environment = unsafe { options.open(path)? };
        let mut write = environment.write_txn()?;
        let ids = environment.create_database(&mut write, Some("ids"))?;
        let rows = environment.create_database(&mut write, Some("rows"))?;
        write.commit()?;
        Ok(Self {
            environment,
            ids,
            rows,
        })
    }

    fn insert(&self, first: usize, records: &[Record]) -> Result<(), Failure> {
        let mut write = self.environment.write_txn()?;
        for (row, (id, bytes)) in (first as u64..).zip(records) {
            self.ids.put(&mut write, id, &row)?;
            self.rows.put(&mut write, &row, bytes)?;
        }
        Ok(write.commit()?)
    }

    fn read_all(&self, each: &mut dyn FnMut(&[u8])) -> Result<(), Failure> {
        let read = self.environment.read_txn()?;
        for entry in self.rows.iter(&read)? {
            each(entry?.1);
        }
        Ok(())
    }

    fn get(&self, id: &str) -> Result<Option<Vec<u8>>, Failure> {
        let read = self.environment.read_txn()?;
        let Some(row) = self.ids.get(&read, id)? else {
            return Ok(None);
        };
        Ok(self.rows.get(&read, &row)?.map(<[u8]>::to_vec))
    }
}

/// Ids without order, and bytes as many as facts, text and vector take.
fn records(count: usize) -> Vec<Record> {
    let mut rng = ChaCha8Rng::seed_from_u64(1);
    let record = |at| {
        let mut bytes = vec![0_u8; 100 + rng.random_range(500..1100) + 384 * 4];
        rng.fill(&mut bytes[..]);
        (format!("{:016x}-{at}", rng.random::<u64>()), bytes)
    };
    (0..count).map(record).collect()
}

/// What was measured of a store, in seconds.
struct Measured {
    name: &'static str,
    inserts: f64,
    insert: f64,
    read_all: f64,
    get: f64,
}

fn measure<C: Candidate>(records: &[Record]) -> Result<Measured, Failure> {
    let directory = tempfile::tempdir()?;
    let (many, single) = records.split_at(records.len() - SINGLES);
    let seconds = |start: Instant| start.elapsed().as_secs_f64();
    let store = C::open(directory.path())?;
    let start = Instant::now();
    for (at, batch) in many.chunks(BATCH).enumerate() {
        store.insert(at * BATCH, batch)?;
    }
    let inserted = seconds(start);
    let start = Instant::now();
    for (at, record) in single.iter().enumerate() {
        store.insert(many.len() + at, std::slice::from_ref(record))?;
    }
    let one = seconds(start) / SINGLES as f64;
    drop(store);
    let start = Instant::now();
    let store = C::open(directory.path())?;
    let opened = seconds(start);
    let (mut sum, mut count) = (0_u64, 0);
    let start = Instant::now();
    store.read_all(&mut |bytes| {
        sum += bytes.iter().map(|&byte| u64::from(byte)).sum::<u64>();
        count += 1;
    })?;
    let all = seconds(start);
    let bytes = records.iter().flat_map(|(_, bytes)| bytes);
    assert_eq!(sum, bytes.map(|&byte| u64::from(byte)).sum::<u64>());
    assert_eq!(count, records.len());
    let mut rng = ChaCha8Rng::seed_from_u64(2);
    let start = Instant::now();
    for _ in 0..LOOKUPS {
        let (id, bytes) = &records[rng.random_range(0..records.len())];
        assert_eq!(store.get(id)?.as_ref(), Some(bytes));
    }
    let lookup = seconds(start) / LOOKUPS as f64;
    drop(store);
    let size = bytes_of(directory.path())?;
    println!(
        "{:20} {:10.0} {:12.2} {:10.2} {:12.1} {:8.0} {:10.2}",
        C::NAME,
        many.len() as f64 / inserted,
        one * 1e3,
        all,
        lookup * 1e6,
        size as f64 / 1e6,
        opened * 1e3,
    );
    Ok(Measured {
        name: C::NAME,
        inserts: inserted,
        insert: one,
        read_all: all,
        get: lookup,
    })
}

/// The store that a collection uses, beside each of the others.
fn compare(used: &Measured, others: &[Measured]) -> std::io::Result<()> {
    let mut ratios = Ratios::of("store");
    type Seconds = fn(&Measured) -> f64;
    let tasks: [(&str, Seconds); 4] = [
        ("redb, inserts by 1,000", |store| store.inserts),
        ("redb, one durable insert", |store| store.insert),
        ("redb, all in order", |store| store.read_all),
        ("redb, one by id", |store| store.get),
    ];
    for (what, took) in tasks {
        for other in others {
            ratios.peer(what, other.name, [took(used), took(other)]);
        }
    }
    ratios.close()
}

fn main() -> Result<(), Failure> {
    // Under `cargo test --benches` a few show that it runs.
    let asked = std::env::args().skip(1).find_map(|arg| arg.parse().ok());
    let tested = std::env::args().any(|arg| arg == "--test");
    let many = if is_quick() { 20_000 } else { 100_000 };
    let records = records(asked.unwrap_or(if tested { 2_000 } else { many }));
    let bytes: usize = records
        .iter()
        .map(|(id, bytes)| id.len() + bytes.len())
        .sum();
    println!("{} profiles, {:.0} MB", records.len(), bytes as f64 / 1e6);
    println!(
        "{:20} {:>10} {:>12} {:>10} {:>12} {:>8} {:>10}",
        "", "inserts/s", "1 insert ms", "all s", "1 by id us", "MB", "open ms"
    );
    measure::<Redb<false>>(&records)?;
    let used = measure::<Redb<true>>(&records)?;
    let others = [
        measure::<Sqlite>(&records)?,
        measure::<Lmdb>(&records)?,
        measure::<Fjall>(&records)?,
    ];
    Ok(compare(&used, &others)?)
}
