"""What stops calls is called by the centre's own words; who had Ukraine's keeps them."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from queue_app.store.db import engine

ID = "2026-11-28T09:40:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "The centre's words for what stops calls"

SCHEMA = """
-- Until now every alert was an air-raid alert, in these two languages.
UPDATE centre SET version = version + 1, document = document || jsonb_build_object('stop_words',
    (SELECT jsonb_object_agg(word, said) FROM (
        SELECT word, jsonb_object_agg(language, text) AS said
        FROM (VALUES
            ('alert', 'uk', 'Повітряна тривога'),
            ('alert', 'en', 'Air-raid alert'),
            ('alert_advice', 'uk', 'Пройдіть, будь ласка, до найближчого укриття.'),
            ('alert_advice', 'en', 'Please go to the nearest shelter.'),
            ('registry', 'uk', 'Реєстри недоступні'),
            ('registry', 'en', 'The registries are down')
        ) AS old (word, language, text)
        WHERE document -> 'languages' ? language
        GROUP BY word
    ) AS words))
WHERE document ->> 'country' = 'UA' AND document -> 'languages' ?| ARRAY['uk', 'en'];
"""


async def create() -> None:
    """Past Piccolo's prepared statements; in the migration's transaction."""
    await engine.current_transaction.get().connection.execute(SCHEMA)


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="queue_app", description=DESCRIPTION)
    manager.add_raw(create)
    return manager
