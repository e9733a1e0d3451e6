//! The open dump: one worker owns the heap, questions in, answers out.
