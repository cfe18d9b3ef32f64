import { constants } from 'node:os';

/** What is fixed about an error code. */
export interface ErrorCodeEntry {
  /** The name of the error. */
  readonly name: string;
  /** Whether the same call may succeed if it is made again. */
  readonly retryable: boolean;
  /** `warning`: expected now and then in a healthy system. */
  readonly severity: 'error' | 'warning';
}

/**
 * Every code the library uses, by number.
 * Numbers and names are those of go-plugins; the rows it does not have are marked `added`.
 */
export const errorNames = {
  PLUGIN_1001: 'InvalidPluginName',
  PLUGIN_1002: 'InvalidTransport',
  PLUGIN_1003: 'MissingEndpoint',
  PLUGIN_1004: 'InvalidEndpointURL',
  PLUGIN_1005: 'InvalidEndpointFormat',
  PLUGIN_1007: 'MissingExecutable',
  PLUGIN_1008: 'UnsupportedTransport',
  PLUGIN_1009: 'NoPluginsConfigured',
  PLUGIN_1010: 'DuplicatePluginName',
  PLUGIN_1011: 'InvalidJSONConfig',

  AUTH_1101: 'MissingAPIKey',
  AUTH_1102: 'MissingBearerToken',
  AUTH_1103: 'MissingBasicCredentials',
  AUTH_1104: 'MissingMTLSCerts',
  AUTH_1105: 'UnsupportedAuthMethod',

  PLUGIN_1201: 'NotFound',
  PLUGIN_1202: 'NotEnabled',
  PLUGIN_1203: 'ExecutionFailed',
  PLUGIN_1204: 'Timeout',
  PLUGIN_1205: 'ConnectionFailed',
  PLUGIN_1206: 'Cancelled', // added: the caller gave up, which is not a time-out
  PLUGIN_1207: 'Draining', // added
  PLUGIN_1208: 'ManagerShutDown', // added
  PLUGIN_1209: 'InvalidRequest', // added: the request breaks the contract
  PLUGIN_1210: 'InvalidResponse', // added: the answer breaks the contract
  PLUGIN_1211: 'HookNotAnswered', // added: the plugin does not answer this hook
  PLUGIN_1212: 'Overloaded', // added: too many calls wait for this plugin
  PLUGIN_1213: 'CoolingDown', // added: the plugin was replaced only just now

  TRANSPORT_1301: 'HTTP',
  TRANSPORT_1302: 'GRPC',
  TRANSPORT_1304: 'Exec',

  CIRCUIT_1401: 'CircuitOpen',
  CIRCUIT_1402: 'CircuitTimeout',

  RATELIMIT_1501: 'RateLimitExceeded',

  HEALTH_1601: 'HealthCheckFailed',
  HEALTH_1602: 'HealthCheckTimeout',

  CONFIG_1701: 'ConfigNotFound',
  CONFIG_1702: 'ConfigParse',
  CONFIG_1703: 'ConfigValidation',
  CONFIG_1704: 'ConfigWatcher',
  CONFIG_1705: 'ConfigPath',
  CONFIG_1706: 'ConfigFile',
  CONFIG_1707: 'ConfigPermission',

  SECURITY_1801: 'SecurityValidation',
  SECURITY_1802: 'Whitelist',
  SECURITY_1803: 'HashMismatch',
  SECURITY_1804: 'PathTraversal',
  SECURITY_1805: 'FilePermission',
  SECURITY_1806: 'Audit',

  REGISTRY_1901: 'Registry',
  REGISTRY_1902: 'Isolation',
  REGISTRY_1903: 'Process',
  REGISTRY_1904: 'Factory',
  REGISTRY_1905: 'Client',
  REGISTRY_1906: 'Discovery',
  REGISTRY_1907: 'PluginCreation',
  REGISTRY_1908: 'Subprocess',

  RPC_2001: 'RPC',
  RPC_2002: 'Handshake',
  RPC_2003: 'Communication',
  RPC_2004: 'Protocol',
  RPC_2005: 'Serialization',
  RPC_2006: 'FrameTooLarge', // added
  RPC_2007: 'ServiceNotAllowed', // added: unknown or forbidden host service
} as const;

/** A code of the library's own. */
export type ErrorCode = keyof typeof errorNames;

const retryable: ReadonlySet<string> = new Set<ErrorCode>([
  'PLUGIN_1205',
  'PLUGIN_1207',
  'PLUGIN_1212',
  'PLUGIN_1213',
  'TRANSPORT_1301',
  'TRANSPORT_1302',
  'RATELIMIT_1501',
  'HEALTH_1602',
  'RPC_2001',
  'RPC_2003',
]);

const warnings: ReadonlySet<string> = new Set<ErrorCode>([
  'PLUGIN_1202',
  'PLUGIN_1204',
  'PLUGIN_1206',
  'PLUGIN_1207',
  'PLUGIN_1208',
  'PLUGIN_1212',
  'PLUGIN_1213',
  'CIRCUIT_1401',
  'CIRCUIT_1402',
  'RATELIMIT_1501',
  'HEALTH_1601',
  'HEALTH_1602',
  'SECURITY_1806',
]);

/** What the table says of a code; a plugin's own code counts as a failed execution. */
export function describeCode(code: string): ErrorCodeEntry {
  return {
    name: isErrorCode(code) ? errorNames[code] : errorNames.PLUGIN_1203,
    retryable: retryable.has(code),
    severity: warnings.has(code) ? 'warning' : 'error',
  };
}

/** Whether a string is one of the library's own codes. */
export function isErrorCode(code: string): code is ErrorCode {
  return Object.hasOwn(errorNames, code);
}

const sayableByPlugins = /^(PLUGIN_1203|AUTH_11\d\d|RATELIMIT_1501|RPC_200[4567])$/;

/**
 * Whether a plugin may answer with this code: one of its own (`USER_LOCKED`), or one of the library's
 * that a plugin can know about. `CIRCUIT_1401` from a plugin would be a lie.
 */
export function isPluginsOwnCode(code: string): boolean {
  if (!/^[A-Z][A-Z0-9_]{0,63}$/.test(code) || isSystemCode(code)) return false;
  return isErrorCode(code)
    ? sayableByPlugins.test(code)
    : !/^(CIRCUIT|SECURITY|REGISTRY|CONFIG|RPC)_\d/.test(code);
}

const systemCodes: ReadonlySet<string> = new Set([...Object.keys(constants.errno), 'ENOTFOUND', 'EAI_AGAIN']);

/** Codes of Node and the system (`ENOENT`, `ERR_INVALID_ARG_TYPE`): a failure, not an answer. */
function isSystemCode(code: string): boolean {
  return systemCodes.has(code) || code.startsWith('ERR_');
}
