"""PostgreSQL: pools, transactions, schema, migrations. The only way to the database."""

from guanxi.db._alone import Alone, open_alone, under_lock
from guanxi.db._checks import DatabaseUnfitError, check_database, check_owner
from guanxi.db._core import compile_statement
from guanxi.db._errors import ErrorClass, classify
from guanxi.db._keyset import after_key
from guanxi.db._migrations import migrate, platform_statements, run_migrations, schema_differences
from guanxi.db._pool import Database, Pool, Reader, Sizes, Stamp, Tx, open_database
from guanxi.db._rows import as_row
from guanxi.db._schema import IDEMPOTENCY_KEPT, base_columns, declared_tables, new_metadata, personal, personal_columns
from guanxi.db._together import Together, TogetherByPool

__all__ = [
    "IDEMPOTENCY_KEPT",
    "Alone",
    "Database",
    "DatabaseUnfitError",
    "ErrorClass",
    "Pool",
    "Reader",
    "Sizes",
    "Stamp",
    "Together",
    "TogetherByPool",
    "Tx",
    "after_key",
    "as_row",
    "base_columns",
    "check_database",
    "check_owner",
    "classify",
    "compile_statement",
    "declared_tables",
    "migrate",
    "new_metadata",
    "open_alone",
    "open_database",
    "personal",
    "personal_columns",
    "platform_statements",
    "run_migrations",
    "schema_differences",
    "under_lock",
]
