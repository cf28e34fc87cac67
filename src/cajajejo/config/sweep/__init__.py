"""A sweep file: documents, parameters and command templates, to one frozen model."""
