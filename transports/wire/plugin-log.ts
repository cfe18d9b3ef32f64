import type { Readable } from 'node:stream';

import type { Clock } from '../../src/core/clock.ts';
import type { Logger, LogLevel } from '../../src/core/logger.ts';
import { printable } from '../../src/core/printable.ts';
import type { TraceContext } from '../../src/core/trace-context.ts';
import { readLines } from './log-lines.ts';
import { traceFields } from './trace-fields.ts';

/** 16 KiB: longer than any line meant for people, shorter than a dump. */
const maxLineBytes = 16 * 1024;

/** Lines a second that reach the log; a plugin that prints in a loop must not fill the host's disk. */
const maxLinesPerSecond = 1000;

/** Characters a second; each is looked at for secrets, which a hostile line makes slow. */
const maxCharsPerSecond = 1024 * 1024;

const keptStderrLines = 20;

/** A line that a plugin printed, understood as far as it can be; `write` makes of any of it what it can. */
export interface LineRecord {
  readonly level: unknown;
  readonly message: unknown;
  readonly fields: object;
}

/** How lines are understood. */
type LineReader = (line: string) => LineRecord;

/** What a plugin prints and logs, as records of the host's logger, bounded in length and rate. */
export class PluginLog {
  readonly #logger: Logger;
  readonly #clock: Clock;
  readonly #stderr: string[] = [];
  readonly #unended: (readonly [name: string, bytes: () => number])[] = [];
  /** The process that speaks, where it has one of its own. */
  #about: { readonly pid?: number } = {};
  /** Where what is printed now belongs. */
  #trace: () => TraceContext | undefined = () => undefined;
  #windowStart = -Infinity;
  #linesInWindow = 0;
  #charsInWindow = 0;
  #dropped = 0;

  constructor(logger: Logger, clock: Clock) {
    this.#logger = logger;
    this.#clock = clock;
  }

  /** Records are this process's from now on. */
  from(pid: number): void {
    this.#about = { pid };
  }

  /** What is printed from now on belongs to the trace that is told at that moment. */
  within(trace: () => TraceContext | undefined): void {
    this.#trace = trace;
  }

  /** Reads a stream to its end; a line of JSON with a level is a structured record, any other is text. */
  capture(stream: Readable, name: 'stdout' | 'stderr', read: LineReader = readLine): void {
    const unended = readLines(stream, maxLineBytes, (line, cut) => {
      if (line === '') return;
      if (name === 'stderr') this.#keep(line);
      const record = read(line);
      const place = traceFields(this.#trace()?.traceparent);
      const fields = { ...place, ...record.fields, stream: name, ...(cut && { cut }) };
      this.write(record.level, record.message, fields);
    });
    this.#unended.push([name, unended]);
  }

  /** One record; what is over the rate is counted and said later. */
  write(level: unknown, message: unknown, fields: unknown): void {
    const text = textOf(message);
    if (!this.#admit(text.length)) return;
    const extra = typeof fields === 'object' && fields !== null ? fields : {};
    this.#logger[levelOf(level)](printable(text, maxLineBytes), { ...extra, ...this.#about });
  }

  /** Says how many records were dropped since the last time. */
  sayDropped(): void {
    if (this.#dropped === 0) return;
    this.#logger.warn('records were dropped: the plugin logs too much', { dropped: this.#dropped });
    this.#dropped = 0;
  }

  /** The lines under way that are no lines any more, for an error message; empty if there are none. */
  floods(): string {
    const floods = this.#unended.filter(([, bytes]) => bytes() > maxLineBytes);
    return floods
      .map(
        ([name, bytes]) =>
          ` It wrote ${bytes()} bytes on ${name} without an end of line; a line of the log holds ${maxLineBytes}.`,
      )
      .join('');
  }

  /** The last lines of stderr that say something, for an error message; empty if there were none. */
  stderrTail(): string {
    const lines = this.#stderr.filter((line) => !isStackNoise(line)).slice(-5);
    return lines.length === 0 ? '' : ` Its last words on stderr: "${lines.join(' | ')}".`;
  }

  #keep(line: string): void {
    this.#stderr.push(printable(line, 300));
    if (this.#stderr.length > keptStderrLines) this.#stderr.shift();
  }

  #admit(chars: number): boolean {
    const now = this.#clock.now();
    if (now - this.#windowStart >= 1000) {
      this.#windowStart = now;
      this.#linesInWindow = 0;
      this.#charsInWindow = 0;
      this.sayDropped();
    }
    this.#charsInWindow += Math.min(chars, maxLineBytes);
    if (++this.#linesInWindow <= maxLinesPerSecond && this.#charsInWindow <= maxCharsPerSecond) return true;
    this.#dropped++;
    return false;
  }
}

/** What Node prints around the message of an uncaught error. */
function isStackNoise(line: string): boolean {
  return /^\s*(at .+|\^+|\}|Node\.js v[\d.]+)?\s*$/.test(line);
}

function readLine(line: string): LineRecord {
  return structured(line) ?? { level: 'info', message: line, fields: {} };
}

function structured(line: string): LineRecord | undefined {
  if (!line.startsWith('{')) return undefined;
  let value: Record<string, unknown>;
  try {
    value = JSON.parse(line) as Record<string, unknown>;
  } catch {
    return undefined;
  }
  const level = value['level'] ?? value['@level'];
  const message = value['msg'] ?? value['message'] ?? value['@message'];
  if (level === undefined || typeof message !== 'string') return undefined;
  const fields = Object.fromEntries(Object.entries(value).filter(([key]) => !isOwn(key)));
  return { level: levelOf(level), message, fields };
}

function isOwn(key: string): boolean {
  return ['level', '@level', 'msg', 'message', '@message', '__proto__'].includes(key);
}

/** A value from outside as text; `String` would call a `toString` of its own. */
function textOf(value: unknown): string {
  if (typeof value === 'string') return value;
  try {
    return JSON.stringify(value) ?? typeof value;
  } catch {
    return typeof value;
  }
}

/** pino's numbers, and the words of hclog, pino, winston and syslog. */
function levelOf(level: unknown): LogLevel {
  if (typeof level === 'number')
    return level >= 50 ? 'error' : level >= 40 ? 'warn' : level >= 30 ? 'info' : 'debug';
  const word = textOf(level).toLowerCase();
  if (/^(error|err|fatal|crit|critical|panic|emerg|alert)$/.test(word)) return 'error';
  if (/^warn(ing)?$/.test(word)) return 'warn';
  return /^(debug|trace|verbose|silly)$/.test(word) ? 'debug' : 'info';
}
