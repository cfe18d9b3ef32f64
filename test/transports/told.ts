import { Simple, type ExecutionContext } from 'plugboard';
import { subprocess, type SubprocessOptions } from 'plugboard/transports';
import { managed, type Managed } from '../support/managed.ts';
import { MemoryLogger } from '../support/memory-logger.ts';
import { fixture } from './subjects.ts';

/** What the program shall write, as latin1; see test/fixtures/plugins/bad/writes-as-told.mjs. */
export interface Told {
  readonly text: string;
  readonly repeat?: number;
  /** Whether it leaves the call without an answer of its own. */
  readonly silent?: boolean;
}

/** A host with a program that writes on its channel what it is told. */
export interface ToldHost extends AsyncDisposable {
  readonly log: MemoryLogger;
  readonly host: Managed<AsyncDisposable>;
  readonly tell: (told: Told, options?: ExecutionContext) => Promise<unknown>;
  /** The kinds of faults that were logged. */
  readonly faults: () => unknown[];
}

/** Starts the program under the name `subject`. */
export async function toldHost(options: SubprocessOptions = {}): Promise<ToldHost> {
  const log = new MemoryLogger();
  const program = subprocess(process.execPath, { args: [fixture('bad/writes-as-told.mjs')], ...options });
  const services = { double: (value: number): number => value * 2, show: (value: unknown): unknown => value };
  const host = await managed(
    Simple<Told, unknown>()
      .withServices(services)
      .withLogger(log)
      .withPlugin('subject', program, { services: ['double', 'show'], timeoutMs: 5000 })
      .build(),
  );
  return {
    log,
    host,
    tell: (told, given) => host.manager.execute('subject', told, given),
    faults: () => log.records.flatMap(({ fields }) => ('kind' in fields ? [fields['kind']] : [])),
    [Symbol.asyncDispose]: () => host[Symbol.asyncDispose](),
  };
}
