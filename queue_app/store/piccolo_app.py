"""Registers the tables and their migrations with Piccolo."""

from pathlib import Path

from piccolo.conf.apps import AppConfig, table_finder

TABLES = [
    "queue_app.store.tables",
    "queue_app.store.letter_tables",
    "queue_app.store.wait_tables",
]
APP_CONFIG = AppConfig(
    app_name="queue_app",
    migrations_folder_path=str(Path(__file__).parent / "migrations"),
    table_classes=table_finder(modules=TABLES),
)
