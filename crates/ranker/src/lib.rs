//! Rank candidate profiles for a job description, learn from feedback, and say why.
