import { PluginError } from '../core/errors.ts';
import type { Admission, Gate } from '../core/gate.ts';
import { printable } from '../core/printable.ts';
import type { Channel, OpenSetup, PluginSource } from '../core/transport.ts';

/**
 * Opens a source once the gate has admitted it, and gives the admission back when the plugin has ended.
 * @throws {PluginError} `SECURITY_18xx` if the gate refuses, else whatever the source throws.
 */
export async function openAdmitted(
  source: PluginSource,
  setup: Omit<OpenSetup, 'launch'>,
  gate: Gate | undefined,
): Promise<Channel> {
  if (gate === undefined) return source.open({ ...setup, launch: source.launch });
  const admission = await admit(source, setup.plugin, gate);
  const release = (): void => void giveBack(admission);
  try {
    setup.signal.throwIfAborted(); // a long look at a large file may outlast the wish to start it
    const channel = await source.open({ ...setup, launch: admission?.launch });
    void Promise.resolve(channel?.ended).then(release, release);
    return channel;
  } catch (error) {
    release();
    throw error;
  }
}

/** Looks at a source that is started later, so that a forbidden one is refused when it is registered. */
export async function checkSource(source: PluginSource, plugin: string, gate: Gate): Promise<void> {
  if (source.launch !== undefined) return gate.check(plugin, source.launch);
  if (source.kind !== 'in-process') throw noLaunch(source, plugin);
}

async function admit(source: PluginSource, plugin: string, gate: Gate): Promise<Admission | undefined> {
  if (source.launch !== undefined) return gate.admit(plugin, source.launch);
  if (source.kind === 'in-process') return undefined; // the host's own code
  throw noLaunch(source, plugin);
}

async function giveBack(admission: Admission | undefined): Promise<void> {
  try {
    await admission?.release();
  } catch {
    // What could not be given back harms no call.
  }
}

function noLaunch(source: PluginSource, plugin: string): PluginError {
  const message = `its source (${printable(source.kind, 40)}) does not say what it starts, so no gate can judge it. Give the source a \`launch\`.`;
  return new PluginError('SECURITY_1801', { plugin, message });
}
