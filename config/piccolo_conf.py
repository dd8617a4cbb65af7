"""Where Piccolo finds the engine and the tables."""

from piccolo.conf.apps import AppRegistry

from queue_app.store.db import engine

DB = engine
APP_REGISTRY = AppRegistry(apps=["queue_app.store.piccolo_app"])
