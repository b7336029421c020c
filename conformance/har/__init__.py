"""HTTP Archives (HAR 1.2): those of any program read, ours written without secrets."""
