import { messageOf } from '../core/errors.ts';
import type { ExecutionContext } from '../core/execution-context.ts';

/** What is wrong with a call's options, in words; types do not hold for callers in JavaScript. */
export function problemOf(options: ExecutionContext): string | undefined {
  try {
    return problemIn(options);
  } catch (error) {
    return `they cannot be read: ${messageOf(error)}.`;
  }
}

function problemIn(options: ExecutionContext): string | undefined {
  const { timeoutMs, maxRetries, signal, requestId, headers, metadata } = options;
  if (timeoutMs !== undefined && !isCount(timeoutMs)) return 'timeoutMs must be a number of at least 0.';
  if (maxRetries !== undefined && !(Number.isInteger(maxRetries) && maxRetries >= 0))
    return 'maxRetries must be a whole number of at least 0.';
  if (signal !== undefined && !(signal instanceof AbortSignal)) return 'signal must be an AbortSignal.';
  if (requestId !== undefined && typeof requestId !== 'string') return 'requestId must be text.';
  if (headers !== undefined && !isObject(headers)) return 'headers must be an object.';
  if (metadata !== undefined && !isObject(metadata)) return 'metadata must be an object.';
  return undefined;
}

function isCount(value: unknown): boolean {
  return typeof value === 'number' && value >= 0;
}

function isObject(value: unknown): boolean {
  return typeof value === 'object' && value !== null;
}
