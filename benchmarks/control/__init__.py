"""Control against its peers: scenarios x strategies x detection x seeds on SUMO, with intervals."""
