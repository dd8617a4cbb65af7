"""What every server process does first, done once in the process from which they are forked."""

import gc
from pathlib import Path

from config.app import create_app
from config.files import load_centre
from config.settings import Settings
from queue_app.clock import SystemClock
from tests.support.database import CONFIG

create_app(Settings(data=Path(), database_url="postgresql://", config=CONFIG), SystemClock())
load_centre(CONFIG)
# What stands there already is nobody's litter: looking through it took half of a server's start.
gc.collect()
gc.freeze()
