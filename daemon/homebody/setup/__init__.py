"""The first day: what is put on this machine so that the assistant lives there."""
