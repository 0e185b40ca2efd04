"""How pages and files leave: templates, headers, static files, downloads."""
