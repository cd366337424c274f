//! What did happen in a simulated run: choices, events, traces, causes
