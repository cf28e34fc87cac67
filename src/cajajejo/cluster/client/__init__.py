"""The way to an API server: whose, as whom, requests, watches, and the errors of all of them."""
