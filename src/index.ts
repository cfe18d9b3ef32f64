/**
 * plugboard: typed plugins for Node.js hosts, in this process, a worker, or a child process in any language.
 * @module
 */

// For authors of applications.
export { Auto, Development, Production, Simple } from './builder/presets.ts';
export type { AutoBuilder, AutoPreset } from './builder/auto.ts';
export type { Builder, PluginManager, Preset } from './builder/types.ts';
export { definePlugin } from './core/plugin.ts';
export { defineHooks, hook, type HookSchemas } from './hooks/define.ts';
export { openScope, type Scope } from './hooks/scope.ts';
export type { RunOptions } from './hooks/chain.ts';
export type { Answer, Combining, HookFailure, Observing, Refused, RunnableHook } from './hooks/combining.ts';
export type { Verdict } from './hooks/verdict.ts';
export { factsOf, notesOf, type Facts, type Notes } from './core/facts.ts';
export type { FailureRule } from './core/failure-rule.ts';
export { isPluginError, PluginError, type PluginErrorDetails } from './core/errors.ts';
export { errorNames, type ErrorCode } from './core/error-codes.ts';
export type { ExecutionContext } from './core/execution-context.ts';
export type { HookSettings, PluginSettings } from './config/settings.ts';
export type {
  CircuitBreakerSettings,
  ConcurrencySettings,
  HealthCheckSettings,
  InstancesSettings,
  RateLimitSettings,
  RestartSettings,
  RetrySettings,
  SharedLimitSettings,
} from './config/policies.ts';
export type { Hook, HookMap, RequestOf, ResponseOf, Schema, Single, Undeclared } from './core/contract.ts';
export type { SecurityPolicy, SecurityReport, SecurityStatistics } from './core/gate.ts';
export type { HealthReport, HealthStatus, PluginHealth } from './core/health.ts';
export type {
  CallFigures,
  CallRates,
  Histogram,
  InstanceMetrics,
  MetricsSnapshot,
  PluginMetrics,
} from './core/metrics-snapshot.ts';
export type {
  BreakerChange,
  ConfigChange,
  ConfigReload,
  Discovery,
  DrainProgress,
  Dropped,
  HealthChange,
  HookFailed,
  ManagerEvents,
  Restart,
  SharedLimitChange,
  StateChange,
  Undo,
} from './manager/events.ts';
export type {
  DrainReport,
  InstanceView,
  ManagerHealth,
  PluginView,
  ReloadReport,
  ShutdownReport,
} from './manager/view.ts';
export type { ConfigReading } from './config/parse.ts';
export type { ConfigDiff, FieldChange, PluginChange } from './config/diff.ts';
export type { ScanProblem } from './discovery/problem.ts';
export { printDiff } from './config/print-diff.ts';
export type { ReplaceStrategy } from './manager/takeover.ts';
export type { CallCounts } from './resilience/tally.ts';
export type { BreakerState } from './resilience/breaker.ts';
export type { PluginState } from './core/plugin-state.ts';
export type { OtlpProtocol, TracingOptions } from './core/tracer.ts';
export type { Logger } from './core/logger.ts';
export type {
  AnyServices,
  CallContext,
  Handler,
  Handlers,
  HooksPluginSpec,
  HostClient,
  HostServices,
  Plugin,
  PluginInfo,
  PluginLife,
  PluginSetup,
  ServiceCaller,
  SinglePluginSpec,
} from './core/plugin.ts';

// For authors of transports, gates and exporters.
export type { Channel, ChannelCall, OpenSetup, PluginSource } from './core/transport.ts';
export type {
  Admission,
  AuditEvent,
  EndpointLaunch,
  Gate,
  GateHost,
  Launch,
  ModuleLaunch,
  ProgramLaunch,
} from './core/gate.ts';
export { systemClock, type Clock, type Timer } from './core/clock.ts';
export { fromLevel, silentLogger, type LogLevel } from './core/logger.ts';
export type { MetricsExporter, MetricsSource } from './core/metrics-exporter.ts';
export type { Exemplar, Labels, MetricDescriptor, MetricFamily, MetricPoint } from './core/metric-family.ts';
export type {
  CallRecorder,
  InstanceRecorder,
  LiveHost,
  Metrics,
  PluginRecorder,
  Traffic,
} from './core/metrics.ts';
export { describeCode, type ErrorCodeEntry } from './core/error-codes.ts';
