import type { AuditRecordInput, AuditSink } from 'plugboard/security';

/** An audit log in memory, whose disk can be filled. */
export class MemorySink implements AuditSink {
  readonly records: (AuditRecordInput & { readonly durability: string })[] = [];
  /** What each write fails with. */
  full: Error | undefined;
  /** Writes that do not end. */
  hangs = false;
  opened = 0;
  closed = 0;

  async open(): Promise<void> {
    this.opened++;
    if (this.full !== undefined) throw this.full;
  }

  async append(record: AuditRecordInput, durability: 'durable' | 'grouped'): Promise<void> {
    if (this.hangs) return new Promise(() => {});
    if (this.full !== undefined) throw this.full;
    this.records.push({ ...record, durability });
  }

  async close(): Promise<void> {
    this.closed++;
  }

  get events(): string[] {
    return this.records.map(({ event }) => event);
  }
}
