"""The centre says its languages and its country; a ticket or a booking is in any language."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from queue_app.store.db import engine

ID = "2026-11-26T21:00:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "Languages and country of the centre"

SCHEMA = """
ALTER TABLE ticket
    DROP CONSTRAINT ticket_language_check,
    ADD CONSTRAINT ticket_language_check CHECK (language ~ '^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$');
ALTER TABLE appointment
    DROP CONSTRAINT appointment_language_check,
    ADD CONSTRAINT appointment_language_check
        CHECK (language ~ '^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$');

-- Every centre until now spoke these two, and Ukrainian numbers were the only ones without a code.
UPDATE centre SET version = version + 1, document = document || jsonb_build_object(
    'languages', jsonb_build_array('uk', 'en'),
    'country', 'UA',
    'phone_example', '067 123 45 67',
    'branch_words', jsonb_build_object(
        'which', jsonb_build_object(
            'uk', 'У якому районі ви живете?', 'en', 'In which district do you live?'),
        'another', jsonb_build_object(
            'uk', 'Пошукати в іншому районі', 'en', 'Look in another district'),
        'visit', jsonb_build_object(
            'uk', 'Особистий візит до відділення у вашому районі',
            'en', 'A personal visit to the branch of your district')
    )
);
"""


async def create() -> None:
    """Many statements at once, so past Piccolo's prepared ones; in the migration's transaction."""
    await engine.current_transaction.get().connection.execute(SCHEMA)


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="queue_app", description=DESCRIPTION)
    manager.add_raw(create)
    return manager
