import { diffConfig } from '../config/diff.ts';
import type { HostConfig } from '../config/host-config.ts';

/** What a running host takes up of a configuration besides its plugins. */
const live = [
  'timeoutMs',
  'logLevel',
  'defaults',
  'discovery',
  'reload.strategy',
  'reload.drainTimeoutMs',
  'sections',
];

/** What is made with the host, and cannot be made later. */
const builtParts = ['security', 'metrics', 'tracing'] as const;

/**
 * Fields of the host that changed and take effect at its next start. `before` is what is in force; without one, no
 * configuration was there when the host was built.
 */
export function fieldsForNextStart(before: HostConfig | undefined, next: HostConfig): readonly string[] {
  if (before === undefined) return builtParts.filter((part) => next[part] !== undefined);
  const changed = diffConfig(before, next).host.map(({ path }) => path);
  return changed.filter((path) => !live.some((field) => path === field || path.startsWith(`${field}.`)));
}

/** Every wish of a configuration that nothing here fulfils, in a sentence with what to do instead. */
export function unfulfilled({ security, limits, marketplace, dataFolder }: HostConfig): readonly string[] {
  const wantsLimits = Object.values(limits).some((limit) => limit !== undefined);
  const wantsSandbox = security?.sandbox === true || security?.level === 'sandboxed';
  const hasNoLog = security?.policy !== 'disabled' && security?.audit.enabled === true;
  return [
    wantsSandbox &&
      'security asks for a sandbox, and there is none: plugins may do what the host may. Run the host in a container or as a user of its own.',
    wantsLimits &&
      'limits are not enforced: plugins may use what the system gives them. Set them where the host is started: a container, or MemoryMax= and CPUQuota= of systemd.',
    marketplace !== undefined &&
      'marketplace does nothing: plugins are not installed or updated by the host. Install them yourself.',
    dataFolder !== defaultDataFolder &&
      'data_dir does nothing: plugins get no folder of their own. Name it in the config of each plugin.',
    hasNoLog &&
      security.audit.file === undefined &&
      'security.audit is on and names no file, so nothing is written down. Give audit.file, or turn it off with enabled: false.',
  ].filter((note) => note !== false);
}

const defaultDataFolder = './data/plugins';
