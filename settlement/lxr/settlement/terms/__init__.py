"""Pay terms, from a clerk's file to the worker's accession."""
