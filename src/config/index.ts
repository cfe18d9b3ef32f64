/**
 * plugboard/config: hosts described by files. Read, check, compare, print and write configurations.
 * @module
 */
export { loadConfig, type LoadOptions } from './load.ts';
export {
  parseConfig,
  resolveConfig,
  type ConfigFormat,
  type ConfigOptions,
  type ConfigReading,
  type ParseOptions,
} from './parse.ts';
export type { Variables } from './expand.ts';
export type { ConfigProblem } from './problems.ts';
export { diffConfig, type ConfigDiff, type FieldChange, type PluginChange } from './diff.ts';
export { printDiff } from './print-diff.ts';
export { printConfig, serializeConfig } from './serialize.ts';
export { environmentVariables, type EnvironmentVariable } from './environment.ts';
export type { Secrets } from './secrets.ts';
export type {
  ConnectionConfig,
  DependencyConfig,
  HostConfig,
  LimitsConfig,
  MarketplaceConfig,
  PluginConfig,
  ReloadConfig,
} from './host-config.ts';
export type {
  AuditConfig,
  DiscoveryConfig,
  MetricsConfig,
  OtlpConfig,
  PrometheusConfig,
  SecurityConfig,
  TracingConfig,
} from './host-parts.ts';
export type { AuthConfig } from './auth.ts';
export type { GoPluginConfig, GrpcConfig, ProgramConfig, SourceConfig, WorkerConfig } from './source.ts';
