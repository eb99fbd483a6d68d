"""The proofs of the mail itself: what a reader, a filter and a mail program make of it."""
