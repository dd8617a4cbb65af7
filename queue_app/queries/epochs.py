"""In which epoch the database is."""

EPOCH = """(SELECT left(md5(concat_ws(' ', extract(epoch FROM pg_postmaster_start_time()),
    pg_relation_filepath(to_regclass('branch_version')))), 12))"""
"""Another short text in each life of the database.

Versions and ids are counted in it, so they say what is newer, and who is who, within one life. A
life ends with whatever can bring an older state back: a backup is restored (the table of versions
is made or filled anew, in another file), another server takes over, or this one is started on
older files, such as a disk that was put back (it starts at another moment). A start that loses
nothing begins a life as well, which costs each screen one frame. An ordinary role may ask all of
this, a standby answers it, and nothing of it is read from a disk.
"""
