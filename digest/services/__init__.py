"""The verbs: gather, prepare, rehearse."""
