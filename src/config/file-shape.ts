import { sameData } from './equal.ts';
import { switchedFields } from './field-names.ts';
import type { HostConfig, PluginConfig } from './host-config.ts';
import { plugin } from './plugin-schema.ts';
import type { ResolvedSettings } from './settings.ts';
import type { SourceConfig } from './source.ts';

/** What the schema would have to be given for this configuration; what is a default anyway is left out of plugins. */
export function fileShape(config: HostConfig): object {
  const { secrets: _, defaults, plugins, sections, ...host } = config;
  return {
    ...host,
    defaults: settingsShape(defaults, { timeoutMs: config.timeoutMs }),
    plugins: plugins.map((one) => pluginShape(one, defaults)),
    ...(Object.keys(sections).length > 0 && { sections }),
  };
}

const unsaid: object = plugin.parse({ name: 'unsaid' });
const defaultConnection: unknown = plugin.parse({ name: 'unsaid', connection: {} }).connection;

function pluginShape(
  { source, settings, connection, ...plain }: PluginConfig,
  defaults: ResolvedSettings,
): object {
  const own = {
    ...plain,
    ...(source && sourceShape(source)),
    ...(!sameData(connection, defaultConnection) && { connection }),
  };
  const said = Object.entries(own).filter(([key, value]) => !sameData(value, Reflect.get(unsaid, key)));
  return { ...Object.fromEntries(said), ...settingsShape(settings, defaults) };
}

function sourceShape(source: SourceConfig): object {
  const { kind, ...fields } = source;
  if (source.kind !== 'grpc') return { transport: kind, ...fields };
  const { tls, endpoint, maxFrameBytes } = source;
  return { transport: tls ? 'grpc-tls' : 'grpc', endpoint, maxFrameBytes };
}

/** The settings that are not those they would be anyway; a policy that is off is false. */
function settingsShape(settings: ResolvedSettings, anyway: Partial<ResolvedSettings>): object {
  const isSaid = (key: string, value: unknown): boolean =>
    Object.hasOwn(anyway, key)
      ? !sameData(value, Reflect.get(anyway, key))
      : value !== undefined || switchedFields.has(key);
  const own = Object.entries(settings).filter(([key, value]) => isSaid(key, value));
  return Object.fromEntries(
    own.map(([key, value]: [string, unknown]) => {
      if (key === 'rateLimit' && typeof value === 'object') return [key, { ...value, shared: undefined }];
      return [key, value === undefined && switchedFields.has(key) ? false : value];
    }),
  );
}
