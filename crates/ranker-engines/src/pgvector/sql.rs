//! The statements.

use ranker_core::{Embedding, Query};
use tokio_postgres::types::ToSql;

use super::filter::literal;
use super::options::{PostgresOptions, Precision};
use crate::Space;

/// How many values a search has before those of its filter.
pub(super) const SEARCH_PARAMS: usize = 7;

/// How the nearest are found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Nearest {
    /// By the index, approximately.
    Indexed,
    /// By scoring all who pass.
    Exact,
}

/// The values of a query: `$1` its vector, `$2` the job's text, `$3` the terms that were added, `$4` the
/// most words.
pub(super) struct Asked {
    vector: Vec<f32>,
    job: String,
    terms: Vec<String>,
    words: i64,
}

impl Asked {
    pub(super) fn new(query: &Query, embedding: &Embedding, options: &PostgresOptions) -> Self {
        let terms = query.expansion().terms().iter();
        Self {
            vector: embedding.as_slice().to_vec(),
            // PostgreSQL holds no U+0000.
            job: query.job().full_text().replace('\0', " "),
            terms: terms.map(|term| term.text().replace('\0', " ")).collect(),
            words: options.max_words.into(),
        }
    }

    pub(super) fn params(&self) -> Vec<&(dyn ToSql + Sync)> {
        vec![&self.vector, &self.job, &self.terms, &self.words]
    }
}

/// The statements of one table.
#[derive(Debug)]
pub(super) struct Sql {
    table: String,
    dimension: usize,
    /// The vector as it is indexed, of a row of `p`.
    indexed: String,
    /// The query's vector as it is compared with that.
    asked: String,
    /// The rank of a row of `p` for the words `q`.
    rank: String,
    language: String,
    weights: (f64, f64),
}

impl Sql {
    pub(super) fn new(space: &Space, options: &PostgresOptions) -> Self {
        let dimension = space.dimension;
        let kind = match options.precision {
            Precision::Half => "halfvec",
            Precision::Single => "vector",
        };
        Self {
            table: space.name.clone(),
            dimension,
            indexed: format!("p.embedding::{kind}({dimension})"),
            asked: format!("$1::real[]::{kind}({dimension})"),
            // Divided by 1 + the logarithm of the length, as 1 says.
            rank: format!(
                "ts_rank(ARRAY[1, 1, 1, {}]::real[], p.words, q.query, 1)",
                options.title_boost
            ),
            language: literal(&options.language),
            weights: (options.weights.dense(), options.weights.words()),
        }
    }

    /// A query's words: the rarest lexemes of the job, by the counts of the last refresh, and the phrases
    /// that were added.
    fn words(&self) -> String {
        let (table, language) = (&self.table, &self.language);
        format!(
            r"rarest AS (
  SELECT l.lexeme FROM unnest(tsvector_to_array(to_tsvector({language}, $2::text))) AS l(lexeme)
  LEFT JOIN {table}_words w ON w.word = l.lexeme ORDER BY w.ndoc NULLS LAST, l.lexeme LIMIT $4::bigint
), terms AS (
  SELECT '''' || replace(replace(lexeme, '\', '\\'), '''', '''''') || '''' AS term FROM rarest
  UNION ALL
  SELECT '(' || phraseto_tsquery({language}, t)::text || ')' FROM unnest($3::text[]) AS t
  WHERE phraseto_tsquery({language}, t)::text <> ''
), q AS MATERIALIZED (
  SELECT coalesce(string_agg(term, ' | '), '')::tsquery AS query FROM terms
)"
        )
    }

    /// The cosine similarity of a row of `p`: embeddings have unit length.
    fn dense(&self) -> String {
        format!("-(p.embedding <#> $1::real[]::vector({}))", self.dimension)
    }

    /// The best score of each leg among all rows. The index compares in half precision, so its first is not
    /// always the best.
    fn best_of_all(&self) -> String {
        let Self {
            table,
            indexed,
            asked,
            rank,
            ..
        } = self;
        let dense = self.dense();
        format!(
            "best AS (
  SELECT coalesce((SELECT max({dense}) FROM (
    SELECT p.embedding FROM {table} p ORDER BY {indexed} <#> {asked} LIMIT 10
  ) p), 0) AS dense,
  coalesce((SELECT max({rank}) FROM {table} p, q WHERE p.words @@ q.query), 0)::float8 AS words
)"
        )
    }

    /// Scores of both legs of whoever is in `pool`.
    fn scores(&self) -> String {
        let Self { table, rank, .. } = self;
        let dense = self.dense();
        format!(
            "scored AS MATERIALIZED (
  SELECT p.id, {dense} AS dense, CASE WHEN p.words @@ q.query THEN {rank} ELSE 0 END::float8 AS words
  FROM pool JOIN {table} p USING (id), q
)"
        )
    }

    /// Both legs, the scores of everyone whom either found, and the best of them by both: one statement.
    /// `$5` is the legs' depth, `$6` how many are wanted, `$7` the cosine that counts as none.
    pub(super) fn search(&self, filter: &str, everyone: bool, nearest: Nearest) -> String {
        let Self {
            table,
            indexed,
            asked,
            rank,
            weights,
            ..
        } = self;
        let (words, scores) = (self.words(), self.scores());
        let distance = match nearest {
            Nearest::Indexed => format!("{indexed} <#> {asked}"),
            // No index has this sum.
            Nearest::Exact => format!(
                "(p.embedding <#> $1::real[]::vector({})) + 0.0",
                self.dimension
            ),
        };
        let best = if everyone {
            "best AS (SELECT coalesce(max(dense), 0) AS dense, coalesce(max(words), 0) AS words FROM scored)"
                .to_owned()
        } else {
            self.best_of_all()
        };
        let share = |leg: &str, floor: &str| {
            let (own, best) = (
                format!("(s.{leg} - {floor})"),
                format!("(best.{leg} - {floor})"),
            );
            format!("CASE WHEN {best} > 0 THEN least(greatest({own} / {best}, 0), 1) ELSE 0 END")
        };
        let fused = format!(
            "{}::float8 * {} + {}::float8 * {}",
            weights.0,
            share("dense", "$7::float8"),
            weights.1,
            share("words", "0")
        );
        format!(
            "WITH {words}, near AS MATERIALIZED (
  SELECT p.id FROM {table} p WHERE {filter} ORDER BY {distance} LIMIT $5::bigint
), found AS MATERIALIZED (
  SELECT p.id FROM {table} p, q WHERE p.words @@ q.query AND {filter}
  ORDER BY {rank} DESC, p.id LIMIT $5::bigint
), pool AS (SELECT id FROM near UNION SELECT id FROM found), {scores}, {best}
SELECT s.id, p.title, p.text, p.form, p.facts::text AS facts, s.dense, s.words,
  best.dense AS best_dense, best.words AS best_words, (SELECT count(*) FROM near) AS near
FROM scored s JOIN {table} p USING (id), best ORDER BY {fused} DESC, s.id LIMIT $6::bigint"
        )
    }

    /// The scores of given ids, `$5`.
    pub(super) fn scored(&self) -> String {
        let (words, scores, best, table) =
            (self.words(), self.scores(), self.best_of_all(), &self.table);
        format!(
            "WITH {words}, pool AS (SELECT DISTINCT unnest($5::text[]) COLLATE \"C\" AS id), {scores}, {best}
SELECT s.id, p.title, p.text, p.form, p.facts::text AS facts, s.dense, s.words,
  best.dense AS best_dense, best.words AS best_words
FROM scored s JOIN {table} p USING (id), best"
        )
    }

    pub(super) fn profiles(&self) -> String {
        let table = &self.table;
        format!(
            "SELECT id, title, text, form, facts::text AS facts FROM {table} WHERE id = ANY($1::text[])"
        )
    }

    pub(super) fn entries(&self) -> String {
        let table = &self.table;
        format!(
            "SELECT id, title, text, form, facts::text AS facts, embedding::real[] AS embedding \
             FROM {table} WHERE id = ANY($1::text[])"
        )
    }

    pub(super) fn delete(&self) -> String {
        format!("DELETE FROM {} WHERE id = ANY($1::text[])", self.table)
    }

    pub(super) fn count(&self) -> String {
        format!("SELECT count(*) FROM {}", self.table)
    }

    /// From the stage into the table. In the order of ids, so that two writers never wait for each other in
    /// a circle.
    pub(super) fn merge(&self) -> String {
        let (table, language) = (&self.table, &self.language);
        format!(
            "INSERT INTO {table} (id, title, text, form, facts, tags, embedding, words)
SELECT id, title, text, form, facts::jsonb, tags, embedding::vector,
  setweight(to_tsvector({language}, headline), 'A') || to_tsvector({language}, searched)
FROM stage ORDER BY id COLLATE \"C\"
ON CONFLICT (id) DO UPDATE SET title = excluded.title, text = excluded.text, form = excluded.form,
  facts = excluded.facts, tags = excluded.tags, embedding = excluded.embedding, words = excluded.words"
        )
    }
}
