/** Node's own from 22.13 on, else the optional peer. */
export const hasSqlite: boolean = await import('node:sqlite').then(
  () => true,
  () =>
    import('better-sqlite3').then(
      () => true,
      () => false,
    ),
);
