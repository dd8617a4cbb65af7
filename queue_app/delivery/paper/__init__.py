"""Tickets on paper: one document, drawn as a picture, sent to printers that speak ESC/POS."""
