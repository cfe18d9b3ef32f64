import {
  defineHooks,
  hook,
  Simple,
  type ExecutionContext,
  type ManagerHealth,
  type PluginSettings,
  type PluginView,
} from 'plugboard';
import { managed } from '../support/managed.ts';
import { MemoryLogger } from '../support/memory-logger.ts';
import { callCases } from './cases/calls.ts';
import { contextCases } from './cases/context.ts';
import { dataCases } from './cases/data.ts';
import { failureCases } from './cases/failures.ts';
import { lifeCases, refusedStarts } from './cases/life.ts';
import { logCases } from './cases/logs.ts';
import type { SourceOptions, Subject } from './subjects.ts';

/** What a case has in its hands: the all-round plugin, started over some transport under the name `subject`. */
export interface Host extends AsyncDisposable {
  readonly log: MemoryLogger;
  /** Tells the plugin to do something. */
  readonly ask: (deed: string, more?: object, options?: ExecutionContext) => Promise<unknown>;
  /** Asks a hook that the contract has and the plugin does not. */
  readonly askUnanswered: () => Promise<unknown>;
  readonly view: () => PluginView;
  readonly health: () => Promise<ManagerHealth>;
  readonly shutdown: () => Promise<unknown>;
}

/** What a host of its own is started with. */
export interface Own {
  readonly settings?: PluginSettings<'double' | 'whoAsks'>;
  readonly source?: SourceOptions;
}

/** What every transport must do, unless it says why it cannot. */
export interface Case {
  readonly name: string;
  /** Gives the case a host of its own; the others share one. */
  readonly own?: Own;
  readonly run: (host: Host) => Promise<void>;
}

/** A case about a start that is refused, and with what. */
export interface RefusedStart {
  readonly name: string;
  readonly own: Own;
  readonly error: object;
}

interface Deed {
  readonly do: string;
}

const hooks = defineHooks({ execute: hook<Deed, unknown>(), 'never.answered': hook<Deed, unknown>() });

/** The services of the host: `secret` is never allowed. */
const services = {
  double: (value: number): number => value * 2,
  whoAsks: (_: unknown, caller: { readonly plugin: string }): string => caller.plugin,
  secret: (): string => 'nobody may know',
};

/** Every case, in the order of the table. */
export const cases: readonly Case[] = [
  ...callCases,
  ...dataCases,
  ...failureCases,
  ...contextCases,
  ...logCases,
  ...lifeCases,
];

/** The cases whose plugin does not come up. */
export { refusedStarts };

/** Starts the all-round plugin. */
export async function start(subject: Subject, own: Own = {}): Promise<Host> {
  const log = new MemoryLogger();
  const settings = { services: ['double', 'whoAsks'], ...own.settings } as const;
  const host = await managed(
    Simple(hooks)
      .withServices(services)
      .withLogger(log)
      .withPlugin('subject', subject.source(own.source), settings)
      .build(),
  );
  const { manager } = host;
  return {
    log,
    ask: (deed, more, options) => manager.execute('subject', { do: deed, ...more }, options),
    askUnanswered: () => manager.call('subject', 'never.answered', { do: 'echo' }),
    view: () => manager.listPlugins()[0] as PluginView,
    health: () => manager.health(),
    shutdown: () => manager.shutdown(),
    [Symbol.asyncDispose]: () => host[Symbol.asyncDispose](),
  };
}
