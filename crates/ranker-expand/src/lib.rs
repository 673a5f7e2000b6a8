//! Query expansion for ranker: taxonomies, acronyms and WordNet, each term with its reason.
