//! Retrievers for ranker: exact, HNSW, BM25 and their fusion, with typed filters.
