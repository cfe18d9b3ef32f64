/** One thing that happened, as it is handed to an audit log; the log adds time, sequence and hashes. */
export interface AuditRecordInput {
  /** Lower case, words joined by `_`: `plugin_rejected`, `whitelist_changed`. */
  event: string;
  level: 'info' | 'warn' | 'critical' | 'security';
  plugin?: string;
  /** JSON values; the log masks secrets and control characters. */
  details?: Record<string, unknown>;
}

/** Where audit records go: the port of audit logs. */
export interface AuditSink {
  /** Makes it ready to be written. @throws {PluginError} `SECURITY_1806` when it cannot be written. */
  open(): Promise<void>;
  /**
   * Resolves when the record is written: `durable` means synced to the disk, `grouped` means handed to the next batch.
   * @throws {PluginError} `SECURITY_1806` when it could not be written, because the disk is full, say.
   */
  append(record: AuditRecordInput, durability: 'durable' | 'grouped'): Promise<void>;
  /** Writes what is held and ends it. */
  close(): Promise<void>;
}
