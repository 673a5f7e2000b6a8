//! Vectors as an index takes them, made and compared with the queries as they are asked for.

use std::time::Instant;

use ranker::core::{CandidateId, Embedding, ValueError};
use ranker_examples::{Progress, cpu_seconds};
use rayon::prelude::*;

use crate::truth::Truth;
use crate::vectors::{BLOCK, World};

/// Blocks that are made at a time.
const BLOCKS: usize = 16;

type Entry = (CandidateId, Embedding);

/// What making and comparing took, which is no cost of the index's.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Aside {
    pub(crate) wall_s: f64,
    pub(crate) cpu_s: f64,
}

/// The first `n` vectors of a world.
pub(crate) struct Feed<'w> {
    world: &'w World,
    n: usize,
    /// Rows that were made.
    made: usize,
    ready: std::vec::IntoIter<Entry>,
    pub(crate) truth: Truth<'w>,
    pub(crate) aside: Aside,
    /// When the last was handed over.
    pub(crate) ended: Option<Instant>,
    /// Why there are fewer than asked for.
    pub(crate) wrong: Option<ValueError>,
    progress: Progress,
}

impl<'w> Feed<'w> {
    pub(crate) fn new(world: &'w World, n: usize, truth: Truth<'w>) -> Self {
        Self {
            world,
            n,
            made: 0,
            ready: Vec::new().into_iter(),
            truth,
            aside: Aside::default(),
            ended: None,
            wrong: None,
            progress: Progress::new("vectors", n),
        }
    }

    /// Makes some more; none at the end.
    fn refill(&mut self) -> Result<(), ValueError> {
        let (wall, cpu) = (Instant::now(), cpu_seconds());
        let (from, to) = (self.made, self.n.min(self.made + BLOCKS * BLOCK));
        let blocks = (from..to).into_par_iter().step_by(BLOCK);
        let block = |from: usize| {
            let rows = BLOCK.min(to - from);
            let vectors = self.world.block(from / BLOCK, rows);
            let found = self.truth.compare(&vectors, from as u32);
            let rows = vectors.chunks_exact(vectors.len() / rows);
            let entries = rows.zip(from..).map(|(row, number)| {
                let id = CandidateId::new(format!("{number}"))?;
                Ok((id, Embedding::unit(row.to_vec())?))
            });
            Ok((entries.collect::<Result<Vec<Entry>, ValueError>>()?, found))
        };
        let blocks: Result<Vec<_>, ValueError> = blocks.map(block).collect();
        let mut ready = Vec::with_capacity(to - from);
        for (entries, found) in blocks? {
            ready.extend(entries);
            self.truth.merge(found);
        }
        self.ready = ready.into_iter();
        self.made = to;
        self.aside.wall_s += wall.elapsed().as_secs_f64();
        let spent = cpu_seconds().zip(cpu).map(|(to, from)| to - from);
        self.aside.cpu_s += spent.unwrap_or(0.0);
        self.progress.reach(to);
        Ok(())
    }
}

impl Iterator for Feed<'_> {
    type Item = Entry;

    fn next(&mut self) -> Option<Entry> {
        if self.ready.len() == 0 && self.made < self.n && self.wrong.is_none() {
            self.wrong = self.refill().err();
        }
        let next = self.ready.next();
        if next.is_none() && self.ended.is_none() {
            self.ended = Some(Instant::now());
        }
        next
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        let left = self.n - self.made + self.ready.len();
        (left, Some(left))
    }
}
