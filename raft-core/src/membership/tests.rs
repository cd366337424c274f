//! What each change makes of a membership.
