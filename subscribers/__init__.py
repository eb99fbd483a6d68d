"""Who may be written to: addresses, consent, tokens. Pure; knows nothing of the digest."""
