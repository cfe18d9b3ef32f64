import { isPluginError, messageOf, PluginError } from '../core/errors.ts';
import { printable } from '../core/printable.ts';
import type { Instance } from './instance.ts';
import type { DrainReport } from './view.ts';

/**
 * How new instances take over. `graceful`: all are started and healthy, then they take over, then the old ones are
 * drained. `rolling`: the same one by one, so that there is never more than one too many. `recreate`: the old ones are
 * stopped first, for plugins that cannot run twice; calls wait meanwhile.
 */
export type ReplaceStrategy = 'graceful' | 'rolling' | 'recreate';

/** @throws {PluginError} `CONFIG_1703` for a strategy that there is not. */
export function checkStrategy(given: string = 'graceful'): ReplaceStrategy {
  if (given === 'graceful' || given === 'rolling' || given === 'recreate') return given;
  const names = Object.keys(strategies).join(', ');
  const message = `the strategy is '${printable(given, 40)}'; there are: ${names}.`;
  throw new PluginError('CONFIG_1703', { message });
}

/** What takes over is ready. One of the two is called, once; until then no other change of the plugin begins. */
export interface Takeover {
  /** Lets it take over at once; resolves when what it replaces is drained and stopped. */
  commit(): Promise<DrainReport>;
  /** Everything stays, or becomes again, as it was. */
  abandon(): Promise<void>;
}

/** What a strategy may do with a plugin's instances. */
export interface Stage {
  /** Those that run now. */
  readonly old: readonly Instance[];
  /** New ones, not yet started. */
  fresh(): readonly Instance[];
  /** New ones as the old ones were. */
  again(): readonly Instance[];
  /** Starts them until they are healthy; stops them all if one is not. */
  start(instances: readonly Instance[]): Promise<void>;
  /** Starts old ones again as well as it goes; none once the plugin is being closed. */
  bringBack(instances: readonly Instance[]): Promise<void>;
  /** Sends calls to these from now on. */
  show(instances: readonly Instance[]): void;
  /** Drains and stops; says how many calls were cancelled. */
  retire(instances: readonly Instance[]): Promise<number>;
}

/** New instances that run, what is still to be drained, and the way back. */
export interface Shift {
  readonly instances: readonly Instance[];
  readonly toRetire: readonly Instance[];
  /** Calls that were cancelled on the way. */
  readonly cancelled: number;
  undo(): Promise<void>;
}

/** Makes new instances ready to take over. Throws when they do not start; the old ones run on, or again, then. */
export function shift(strategy: ReplaceStrategy, stage: Stage): Promise<Shift> {
  const isFirst = stage.old.every(({ supervisor }) => supervisor.ended);
  return isFirst ? graceful(stage) : strategies[strategy](stage);
}

const strategies = { graceful, rolling, recreate };

async function graceful(stage: Stage): Promise<Shift> {
  const instances = stage.fresh();
  await stage.start(instances);
  const undo = async (): Promise<void> => {
    await Promise.all(instances.map((instance) => instance.stop(0)));
  };
  return { instances, toRetire: stage.old, cancelled: 0, undo };
}

async function rolling(stage: Stage): Promise<Shift> {
  const { old } = stage;
  const instances = stage.fresh();
  let cancelled = 0;
  let moved = 0;
  const undo = (): Promise<void> => rollBack(stage, instances, moved);
  try {
    for (const instance of instances) {
      await stage.start([instance]);
      moved++;
      stage.show([...instances.slice(0, moved), ...old.slice(moved)]);
      cancelled += await stage.retire(old.slice(moved - 1, moved));
    }
  } catch (error) {
    await Promise.all(instances.slice(moved).map((instance) => instance.stop(0)));
    await undo();
    throw error;
  }
  return { instances, toRetire: old.slice(instances.length), cancelled, undo };
}

/** The old kind runs before the new one goes, one by one as it came. */
async function rollBack(stage: Stage, instances: readonly Instance[], moved: number): Promise<void> {
  const { old } = stage;
  const again = stage.again();
  for (let at = moved - 1; at >= 0; at--) {
    const back = again[at];
    if (back !== undefined) await stage.bringBack([back]);
    stage.show([...instances.slice(0, at), ...again.slice(at, moved), ...old.slice(moved)]);
    await stage.retire(instances.slice(at, at + 1));
  }
}

async function recreate(stage: Stage): Promise<Shift> {
  const instances = stage.fresh();
  const release = hold(instances);
  stage.show(instances);
  const cancelled = await stage.retire(stage.old);
  try {
    await stage.start(instances);
  } catch (error) {
    const again = stage.again();
    stage.show(again);
    release(); // who waited finds it stopped, and goes to those that are shown now
    await stage.bringBack(again);
    throw error;
  }
  release();
  return { instances, toRetire: [], cancelled, undo: () => recreateBack(stage, instances) };
}

async function recreateBack(stage: Stage, instances: readonly Instance[]): Promise<void> {
  const again = stage.again();
  const release = hold(again);
  stage.show(again);
  await stage.retire(instances);
  release();
  await stage.bringBack(again);
}

/** Calls that come to these wait, and nothing starts for them, until it is called. */
function hold(instances: readonly Instance[]): () => void {
  let letGo = (): void => {};
  const until = new Promise<void>((resolve) => (letGo = resolve));
  for (const instance of instances) instance.hold = until;
  return () => {
    for (const instance of instances) instance.hold = undefined;
    letGo();
  };
}

/** What ran before is started again; if that fails its supervisor goes on trying. */
export async function startSomehow(instance: Instance): Promise<void> {
  try {
    await instance.channel();
  } catch {
    // Its state says so, and its calls.
  }
}

/** Hands new config to every instance that runs; false where one cannot take it without a new start. */
export async function configureAll(
  plugin: string,
  instances: readonly Instance[],
  config: unknown,
  before: unknown,
): Promise<boolean> {
  const taken: Instance[] = [];
  const takeBack = (): Promise<unknown> =>
    Promise.allSettled(taken.map(({ supervisor }) => supervisor.configure(before)));
  try {
    for (const instance of instances) {
      if (await instance.supervisor.configure(config)) taken.push(instance);
      else {
        await takeBack();
        return false;
      }
    }
    return true;
  } catch (error) {
    await takeBack();
    if (isPluginError(error) && error.code === 'PLUGIN_1207') throw error;
    const message = `it refused its new config: ${messageOf(error)} Mend the config; the one before stays.`;
    throw new PluginError('CONFIG_1703', { plugin, message, cause: error });
  }
}
