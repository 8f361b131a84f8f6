"""What the page is made of, as package data: a template, a style sheet, a script. Served as they are."""
