"""Readers and writers: what is on disk, and the frozen values it stands for."""
