"""Composition: rooms become one application, one server, one running Tanyu. Nothing imports it but the command line."""
