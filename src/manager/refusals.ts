import { PluginError } from '../core/errors.ts';
import { printable } from '../core/printable.ts';

/** What every call hears after a shutdown. */
export function isShutDown(): PluginError {
  return new PluginError('PLUGIN_1208', { message: 'manager is shut down. Build a new one.' });
}

/** What new calls of a plugin hear that is going. */
export function draining(plugin: string, message: string): PluginError {
  return PluginError.withoutStack('PLUGIN_1207', { plugin, message, retryable: false });
}

/** What a call of a name hears that nobody has. */
export function notFound(name: unknown, known: readonly string[]): PluginError {
  const names = known.slice(0, 20).join(', ') || 'none';
  const message = `plugin '${printable(name, 80)}' not found. Registered: ${names}.`;
  return new PluginError('PLUGIN_1201', { message });
}

/** What a call of a plugin hears that the configuration has turned off. */
export function disabled(plugin: string): PluginError {
  const message = 'it is turned off in the configuration. Set `enabled: true` there.';
  return new PluginError('PLUGIN_1202', { plugin, message });
}

/** What a name hears that is taken. */
export function taken(plugin: string): PluginError {
  const message = 'a plugin of this name is already registered. Unregister it first, or choose another name.';
  return new PluginError('PLUGIN_1010', { plugin, message });
}

/** What a plugin hears that asks for a host service nobody offers. */
export function unknownService(plugin: string, service: string, services: readonly string[]): PluginError {
  const known = services.join(', ') || 'none';
  const message = `the host offers no service '${printable(service, 80)}', but: ${known}. Declare it with withServices.`;
  return new PluginError('RPC_2007', { plugin, message });
}

/** What a plugin hears that nothing says how to reach. */
export function noSource(plugin: string): PluginError {
  const message =
    'it has no source. Give one, such as inProcess(plugin), worker(file) or subprocess(command).';
  return new PluginError('REGISTRY_1907', { plugin, message });
}
