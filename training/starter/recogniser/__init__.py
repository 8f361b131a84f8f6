"""The recipe of the starter recogniser: sentences, voices, corpus, training, export, judgement. See README.md."""
