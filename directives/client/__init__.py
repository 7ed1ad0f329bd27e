"""The Python client: stubs with the server's signatures that call it over HTTP."""
