//! Features, feedback log and learners for ranker: rankings that learn from people.
