"""Mesos-style two-level scheduling."""
