"""The database: engine, sessions, column types, migrations. SQLite by default; `DATABASE_URL` names another."""
