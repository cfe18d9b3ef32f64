/**
 * plugboard's security: what may run, and that the bytes that were verified are the bytes that run.
 * @module
 */
export type { AuditRecordInput, AuditSink } from './audit-sink.ts';
export { whitelistGate } from './gate/whitelist-gate.ts';
export type { AuditOptions, WhitelistOptions } from './gate/options.ts';
export { readWhitelist } from './whitelist/load.ts';
export { parseWhitelist } from './whitelist/parse.ts';
export {
  addToWhitelist,
  createWhitelist,
  removeFromWhitelist,
  setEnabledInWhitelist,
  type NewEntry,
} from './whitelist/edit.ts';
export { pinPath, type PinnedPath } from './whitelist/pin-path.ts';
export { explain, type ExplainOptions } from './whitelist/explain.ts';
export type { Violation, ViolationKind } from './whitelist/violation.ts';
export type {
  Constraints,
  Interpreter,
  Pins,
  Sha256,
  Whitelist,
  WhitelistEntry,
} from './whitelist/whitelist.ts';

// The audit log.
export { auditLog, type AuditFileOptions, type AuditLogOptions } from './audit/open-audit-log.ts';
export { sqliteAuditLog } from './audit/sqlite-store.ts';
export type { AuditCheckpoints } from './audit/checkpointer.ts';
export type { AuditCheckpoint } from './audit/checkpoint.ts';
export type { AuditRecord } from './audit/record.ts';
export { auditKey } from './audit/read-checkpoints.ts';
export { lastAuditRecords, readAuditLog, type AuditFilter } from './audit/read-audit-log.ts';
export {
  verifyAuditLog,
  type AuditProblem,
  type AuditVerification,
  type VerifyOptions,
} from './audit/verify.ts';
