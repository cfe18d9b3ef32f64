import type { FileHandle } from 'node:fs/promises';

import { auditError } from './audit-error.ts';

/** What Node's own SQLite and better-sqlite3 have in common, as far as it is used. */
export interface SqliteDatabase {
  exec(sql: string): unknown;
  prepare(sql: string): { run(...values: unknown[]): unknown; all(...values: unknown[]): unknown[] };
  close(): unknown;
}

interface NodeSqlite {
  readonly DatabaseSync: new (file: string, options: { readonly readOnly: boolean }) => SqliteDatabase;
}

/**
 * Opens a database with Node's own SQLite (Node 22.13 and later), else with better-sqlite3.
 * @throws {PluginError} `SECURITY_1806` with neither.
 */
export async function openDatabase(
  file: string,
  { readOnly }: { readOnly: boolean },
): Promise<SqliteDatabase> {
  const own = process.getBuiltinModule?.('node:sqlite') as NodeSqlite | undefined;
  if (own !== undefined) return new own.DatabaseSync(file, { readOnly });
  const other = await import('better-sqlite3').catch((error: unknown) => {
    const message = `this Node (${process.version}) has no SQLite of its own. Run \`npm install better-sqlite3\`, or use Node 22.13 or later.`;
    throw auditError(message, error);
  });
  return new other.default(file, { readonly: readOnly, fileMustExist: readOnly });
}

/** Whether an open file is a database, by its first bytes. */
export async function isDatabase(handle: FileHandle): Promise<boolean> {
  const header = Buffer.from('SQLite format 3\0');
  const { buffer, bytesRead } = await handle.read(Buffer.alloc(header.length), 0, header.length, 0);
  return bytesRead === header.length && buffer.equals(header);
}

/** Says whose a database is: "plgb". */
const applicationId = 0x706c_6762;

const schema = `
  CREATE TABLE audit (
    seq INTEGER PRIMARY KEY,
    record TEXT NOT NULL,
    time TEXT AS (json_extract(record, '$.time')) VIRTUAL,
    event TEXT AS (json_extract(record, '$.event')) VIRTUAL,
    level TEXT AS (json_extract(record, '$.level')) VIRTUAL,
    plugin TEXT AS (json_extract(record, '$.plugin')) VIRTUAL
  );
  CREATE INDEX audit_time ON audit (time);
  CREATE INDEX audit_event ON audit (event);
  CREATE INDEX audit_plugin ON audit (plugin);
  PRAGMA application_id = ${applicationId};
`;

/** Makes the tables of a log in an empty database; another's is left alone. */
export function prepareTables(database: SqliteDatabase): void {
  const isOurs = isAuditDatabase(database);
  if (!isOurs && database.prepare('SELECT name FROM sqlite_schema').all().length > 0) {
    throw auditError('the database is of another application. Name a file of its own for the audit log.');
  }
  database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA busy_timeout = 2000');
  if (!isOurs) database.exec(`BEGIN IMMEDIATE; ${schema} COMMIT`);
}

/** Whether a database is an audit log. */
export function isAuditDatabase(database: SqliteDatabase): boolean {
  const [row] = database.prepare('PRAGMA application_id').all() as { application_id: number }[];
  return row?.application_id === applicationId;
}
