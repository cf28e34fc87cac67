"""Why a job is not doing what it should: objects and events in, one verdict out. Pure."""
