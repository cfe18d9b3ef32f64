import type { ErrorCode } from '../core/error-codes.ts';
import { fileName } from './field-names.ts';
import type { Finding } from './finding.ts';
import type { PluginEntry, Transport } from './plugin-schema.ts';
import type { SourceConfig } from './source.ts';
import { locate, type Tree } from './tree.ts';

type Kind = SourceConfig['kind'];

const kindOf: Readonly<Record<Transport, Kind>> = {
  exec: 'subprocess',
  subprocess: 'subprocess',
  worker: 'worker',
  grpc: 'grpc',
  'grpc-tls': 'grpc',
  'go-plugin': 'go-plugin',
};

/** The fields that mean something to each kind. */
const fieldsOf: Readonly<Record<Kind, readonly string[]>> = {
  subprocess: [
    'command',
    'endpoint',
    'args',
    'env',
    'inheritEnv',
    'cwd',
    'protocol',
    'channel',
    'maxFrameBytes',
    'killTimeoutMs',
  ],
  'go-plugin': ['command', 'endpoint', 'args', 'env', 'cwd'],
  worker: ['file', 'args', 'env'],
  grpc: ['endpoint', 'maxFrameBytes'],
};

const sourceFields = new Set(['file', ...fieldsOf.subprocess]);

/** How an entry's plugin is reached; undefined where it does not say, or says it wrongly, which is reported. */
export function sourceOf(
  entry: PluginEntry,
  tree: Tree,
  report: (finding: Finding) => void,
): SourceConfig | undefined {
  const complain = (code: ErrorCode, field: string, message: string): undefined => {
    const { at, path } = locate(tree, [field]);
    report({ code, at, path, message });
  };
  const kind = kindFor(entry);
  const given =
    tree.kind === 'map' ? tree.entries.map(({ key }) => key).filter((key) => sourceFields.has(key)) : [];
  if (kind === undefined) {
    for (const field of given)
      complain('PLUGIN_1002', field, 'means nothing without a command, file or endpoint');
    return undefined;
  }
  for (const field of given.filter((name) => !fieldsOf[kind].includes(name))) {
    const names = fieldsOf[kind].map(fileName).join(', ');
    complain('CONFIG_1703', field, `means nothing to a plugin of kind ${kind}; there are: ${names}`);
  }
  return made(kind, entry, complain);
}

function kindFor(entry: PluginEntry): Kind | undefined {
  if (entry.transport !== undefined) return kindOf[entry.transport];
  if (isTransport(entry.type)) return kindOf[entry.type];
  if (entry.command !== undefined) return 'subprocess';
  if (entry.file !== undefined) return 'worker';
  return entry.endpoint === undefined ? undefined : 'grpc';
}

function isTransport(type: string | undefined): type is Transport {
  return type !== undefined && Object.hasOwn(kindOf, type);
}

function made(
  kind: Kind,
  entry: PluginEntry,
  complain: (code: ErrorCode, field: string, message: string) => undefined,
): SourceConfig | undefined {
  const { args, env, inheritEnv, cwd, protocol, channel, maxFrameBytes, killTimeoutMs } = entry;
  if (kind === 'worker') {
    if (!entry.file) return complain('PLUGIN_1007', 'file', `a worker needs a file, such as './score.js'`);
    return { kind, file: entry.file, args, env };
  }
  if (kind === 'grpc') return grpc(entry, complain);
  // go-plugins' factories want the program as endpoint, too.
  const command = entry.command || entry.endpoint;
  if (!command) {
    const what = "a program needs a command (or executable), such as './plugins/auth'";
    return complain('PLUGIN_1007', 'command', what);
  }
  if (command.includes('\0')) return complain('PLUGIN_1007', 'command', 'must not hold a NUL character');
  if (kind === 'go-plugin') return { kind, command, args, env, cwd };
  return { kind, command, args, env, inheritEnv, cwd, protocol, channel, maxFrameBytes, killTimeoutMs };
}

function grpc(
  entry: PluginEntry,
  complain: (code: ErrorCode, field: string, message: string) => undefined,
): SourceConfig | undefined {
  const { endpoint } = entry;
  if (!endpoint)
    return complain('PLUGIN_1003', 'endpoint', "gRPC needs an endpoint, such as 'localhost:9090'");
  if (/^https?:/i.test(endpoint)) {
    return complain(
      'PLUGIN_1004',
      'endpoint',
      'must be host:port without http://; transport grpc-tls turns on TLS',
    );
  }
  if (/[\s\p{Cc}]/u.test(endpoint) || !/[:/]/.test(endpoint)) {
    return complain('PLUGIN_1005', 'endpoint', 'must be host:port, unix:path or dns:///name:port');
  }
  const tls = (entry.transport ?? entry.type) === 'grpc-tls' || entry.auth.method === 'mtls';
  return { kind: 'grpc', endpoint, tls, maxFrameBytes: entry.maxFrameBytes };
}
