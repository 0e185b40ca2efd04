"""Tables in files: reading CSV and JSON Lines, writing CSV and XLSX."""
