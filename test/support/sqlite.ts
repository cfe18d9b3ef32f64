import { isBuiltin } from 'node:module';

/** Node's own from 22.13 on, else the optional peer. */
export const hasSqlite: boolean =
  isBuiltin('node:sqlite') ||
  (await import('better-sqlite3').then(
    () => true,
    () => false,
  ));
