//! Values, seam traits, errors and the conformance suite of the ranker workspace.
