//! Evaluation for ranker: BEIR and TREC files, ranking metrics and paired significance tests.
