//! Explanations for ranker: additive score parts and passage alignment.
