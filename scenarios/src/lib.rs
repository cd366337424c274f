//! What shall happen: scripts, fault profiles, the roster of mutants
