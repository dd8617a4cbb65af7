"""As whom the centre speaks to its own PostgreSQL: an ordinary role, which owns its tables.

A superuser could read the files of the server's account and run its programs, so whoever found a
way to say SQL would have the machine. The superuser remains for the start of the server alone.
"""

from urllib.parse import urlsplit, urlunsplit

ORDINARY = "queue_app"

ENSURE_ROLE = f"""
DO $$ BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '{ORDINARY}') THEN
        CREATE ROLE {ORDINARY} LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE;
    END IF;
    IF (SELECT pg_get_userbyid(datdba) FROM pg_database WHERE datname = current_database())
        <> '{ORDINARY}' THEN
        EXECUTE format('ALTER DATABASE %I OWNER TO {ORDINARY}', current_database());
    END IF;
END $$;
"""  # noqa: S608 - a name of our own
"""In the centre's database, as its superuser; a database that is the role's stays as it is."""

HAND_OVER = f"""
DO $$ DECLARE change text; BEGIN
    FOR change IN
        SELECT format('ALTER %s %s OWNER TO {ORDINARY}', kind, what) FROM (
            SELECT 'TABLE' AS kind, c.oid::regclass::text AS what, c.relowner AS owner,
                'pg_class'::regclass AS catalogue, c.oid
            FROM pg_class c WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p')
            UNION ALL
            SELECT 'SEQUENCE', c.oid::regclass::text, c.relowner, 'pg_class'::regclass, c.oid
            FROM pg_class c WHERE relnamespace = 'public'::regnamespace AND relkind = 'S'
                AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = c.oid
                    AND d.classid = 'pg_class'::regclass AND d.deptype IN ('a', 'i'))
            UNION ALL
            SELECT 'ROUTINE', p.oid::regprocedure::text, p.proowner, 'pg_proc'::regclass, p.oid
            FROM pg_proc p WHERE pronamespace = 'public'::regnamespace
            UNION ALL
            SELECT 'SCHEMA', 'public', nspowner, 'pg_namespace'::regclass, oid
            FROM pg_namespace WHERE nspname = 'public'
                AND pg_get_userbyid(nspowner) <> 'pg_database_owner'
        ) made
        WHERE pg_get_userbyid(owner) <> '{ORDINARY}'
            AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = made.oid
                AND d.classid = made.catalogue AND d.deptype = 'e')
    LOOP EXECUTE change; END LOOP;
END $$;
"""  # noqa: S608
"""What an earlier version made as the superuser becomes the role's; what is its own stays."""


def ordinary(dsn: str) -> str:
    """The same database as the ordinary role."""
    parts = urlsplit(dsn)
    host = parts.netloc.rpartition("@")[2]
    return urlunsplit(parts._replace(netloc=f"{ORDINARY}@{host}"))
