import type { ErrorCode } from '../../src/core/error-codes.ts';
import { PluginError } from '../../src/core/errors.ts';
import { printable } from '../../src/core/printable.ts';

/** The kinds of go-plugins. */
export type ViolationKind =
  | 'whitelist_not_loaded'
  | 'plugin_not_whitelisted'
  | 'hash_mismatch'
  | 'type_mismatch'
  | 'file_size_exceeded'
  | 'endpoint_not_allowed';

/** One reason why a plugin may not run. */
export interface Violation {
  readonly kind: ViolationKind;
  readonly code: ErrorCode;
  /** What is wrong, and the cure; one or two sentences. */
  readonly reason: string;
  readonly expected?: string | undefined;
  readonly actual?: string | undefined;
}

/** A violation with its usual code. */
export function violation(kind: ViolationKind, reason: string, more: Partial<Violation> = {}): Violation {
  return { kind, code: codes[kind], reason: printable(reason, 600), ...more };
}

const codes: Readonly<Record<ViolationKind, ErrorCode>> = {
  whitelist_not_loaded: 'SECURITY_1802',
  plugin_not_whitelisted: 'SECURITY_1801',
  hash_mismatch: 'SECURITY_1803',
  type_mismatch: 'SECURITY_1801',
  file_size_exceeded: 'SECURITY_1801',
  endpoint_not_allowed: 'SECURITY_1801',
};

/** A directory may differ in thousands of files; so many are told. */
const maxNamed = 20;
const maxSaid = 4;

/** The first violation is the error's code; all are in its `context.violations`. */
export function refusal(plugin: string, violations: readonly Violation[]): PluginError {
  const [first] = violations;
  return new PluginError(first?.code ?? 'SECURITY_1801', {
    plugin,
    message: sentences(violations),
    context: { violations: violations.slice(0, maxNamed).map(asData), count: violations.length },
  });
}

function sentences(violations: readonly Violation[]): string {
  const named = violations.slice(0, maxSaid).map(({ reason }) => reason);
  const more = violations.length - named.length;
  return [...named, ...(more > 0 ? [`And ${more} more.`] : [])].join(' ');
}

/** A violation as JSON. */
export function asData({ kind, reason, expected, actual }: Violation): Record<string, string> {
  return {
    kind,
    reason,
    ...(expected !== undefined && { expected }),
    ...(actual !== undefined && { actual }),
  };
}
