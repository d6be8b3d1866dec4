"""What the platform can do, each figure beside a baseline of the same minute on the same machine."""
