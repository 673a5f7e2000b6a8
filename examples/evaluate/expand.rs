//! What adds terms to the queries.

use std::fs::File;
use std::io::{BufReader, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::sync::Arc;

use ranker::Profile;
use ranker::core::{Embedder, Expander, Retriever};
use ranker::eval::{Evaluation, QueryText};
use ranker::expand::{
    AcronymMiner, CollectionStatistics, Expanders, ExpansionSignal, RelevanceFeedback, Taxonomy,
    TaxonomyExpander, VectorExpander, WordVectors,
};
use ranker_examples::{Outcome, say};

use crate::system::System;

/// How many documents must define an acronym.
const DEFINED_BY: usize = 2;

/// A source of terms.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Source {
    /// The shipped acronyms and skills.
    Tables,
    /// The acronyms that the documents define.
    Mined,
    /// The words that mark the documents found first.
    Feedback,
    /// Other titles of occupations, from ESCO's `occupations_en.csv`.
    Esco(PathBuf),
    /// The words nearest by vectors: a folder of spaCy's, or a text file as of GloVe or fastText.
    Vectors(PathBuf),
}

impl FromStr for Source {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text.split_once('=') {
            None if text == "tables" => Ok(Self::Tables),
            None if text == "mined" => Ok(Self::Mined),
            None if text == "feedback" => Ok(Self::Feedback),
            Some(("esco", path)) => Ok(Self::Esco(path.into())),
            Some(("vectors", path)) => Ok(Self::Vectors(path.into())),
            _ => Err("use tables, mined, feedback, esco=FILE.csv or vectors=PATH".to_owned()),
        }
    }
}

/// One expander of these sources, over these documents; none of no source.
pub(crate) fn expander(
    sources: &[Source],
    documents: &[Profile],
    index: &Arc<dyn Retriever>,
    embedder: &Arc<dyn Embedder>,
) -> Outcome<Option<Arc<dyn Expander>>> {
    let mut members: Vec<Arc<dyn Expander>> = Vec::new();
    let statistics = || CollectionStatistics::of(documents.iter().map(Profile::full_text));
    for source in sources {
        match source {
            Source::Tables => members.push(Arc::new(TaxonomyExpander::default())),
            Source::Mined => {
                let mut miner = AcronymMiner::new();
                for document in documents {
                    miner.read(document.text());
                }
                let mined = miner.taxonomy("the documents' acronyms", DEFINED_BY)?;
                let count = mined.as_ref().map_or(0, |mined| mined.len());
                say(&format!(
                    "{count} acronyms are defined by {DEFINED_BY} documents or more"
                ));
                members.extend(mined.map(|mined| Arc::new(TaxonomyExpander::new(mined)) as Arc<_>));
            }
            Source::Feedback => {
                let feedback = RelevanceFeedback::new(index.clone(), statistics());
                members.push(Arc::new(feedback.with_embedder(embedder.clone())));
            }
            Source::Esco(path) => {
                let file = File::open(path)
                    .map_err(|error| format!("cannot read {}: {error}", path.display()))?;
                let esco = Taxonomy::from_esco_csv(BufReader::new(file))?;
                members.push(Arc::new(TaxonomyExpander::new(esco)));
            }
            Source::Vectors(path) => {
                let vectors = match path.is_dir() {
                    true => WordVectors::from_spacy(path)?,
                    false => WordVectors::from_text(path)?,
                };
                members.push(Arc::new(VectorExpander::new(vectors, statistics())));
            }
        }
    }
    Ok(match members.len() {
        0 => None,
        _ => Some(Arc::new(Expanders::new(members))),
    })
}

/// Writes a line for each judged query: its id, the signals of its expansion, and the nDCG@10 of the first evaluation, which is
/// without expansion, less that of the second.
pub(crate) fn write_signals(
    path: &Path,
    system: &System,
    queries: &[QueryText],
    (without, with): (&Evaluation, &Evaluation),
) -> Outcome {
    let metric = "ndcg@10".parse()?;
    let (Some(without), Some(with)) = (without.values(metric), with.values(metric)) else {
        return Err("nDCG@10 was not measured".into());
    };
    let mut file = BufWriter::new(File::create(path)?);
    write!(file, "query")?;
    for signal in ExpansionSignal::ALL {
        write!(file, "\t{signal}")?;
    }
    writeln!(file, "\tloss")?;
    for query in queries {
        let values = [without, with].map(|values| values.per_query().get(&query.id));
        let [Some(without), Some(with)] = values else {
            continue;
        };
        let signals = system.signals(query)?;
        write!(file, "{}", query.id)?;
        for signal in ExpansionSignal::ALL {
            write!(file, "\t{}", signals.get(signal))?;
        }
        writeln!(file, "\t{}", without - with)?;
    }
    Ok(file.flush()?)
}
