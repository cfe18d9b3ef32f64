import type { Clock } from './clock.ts';
import type { Undeclared } from './contract.ts';
import type { PluginError } from './errors.ts';
import type { Launch } from './gate.ts';
import type { HealthReport } from './health.ts';
import type { Logger } from './logger.ts';
import type { Traffic } from './metrics.ts';
import type { PluginInfo } from './plugin.ts';
import type { TraceContext } from './trace-context.ts';

/**
 * One attempt of a call, on its way to a plugin.
 * A channel sets `onCancel` while the attempt runs; the host calls it when nobody waits for the answer any more.
 */
export interface ChannelCall {
  readonly hook: string;
  readonly request: unknown;
  readonly requestId: string;
  readonly attempt: number;
  /** What is left until the deadline, in milliseconds; `Infinity` without one. */
  readonly remainingMs: number;
  readonly headers: Readonly<Record<string, string>> | undefined;
  readonly metadata: Readonly<Record<string, unknown>> | undefined;
  readonly traceparent: string | undefined;
  readonly tracestate: string | undefined;
  onCancel: ((reason: PluginError) => void) | undefined;
  /** Why nobody waits for the answer any more; undefined while somebody does. */
  readonly cancelled: PluginError | undefined;
  readonly onProgress: ((value: unknown) => void) | undefined;
}

/** One live connection to a plugin: the port that every transport implements. */
export interface Channel {
  /** What the plugin said of itself when it was opened. */
  readonly info: PluginInfo;
  /** The hooks it answers. */
  readonly hooks: readonly string[];
  /** Its process, where it has one of its own. */
  readonly pid?: number | undefined;
  /** Resolves when the connection is gone: with why, or with nothing after `close`. It never rejects. */
  readonly ended: Promise<PluginError | undefined>;
  /** Asks; the answer may be there at once. Rejects or throws whatever the plugin threw, or a `PluginError`. */
  call(call: ChannelCall): unknown;
  /** Asks the plugin how it is: a real round trip. The caller bounds the time. */
  health(): Promise<HealthReport>;
  /** Hands over new config; false if the plugin can only be replaced. */
  configure(config: unknown): Promise<boolean>;
  /** Ends it at once by force, also while it closes; running calls fail with `reason`, and `ended` resolves with it. */
  kill(reason: PluginError): void;
  /** Lets running calls end for at most `timeoutMs`, then ends the plugin by force. Never rejects. */
  close(timeoutMs: number): Promise<void>;
}

/** What a source gets to open a channel. */
export interface OpenSetup {
  /** The host's name for the plugin. */
  readonly plugin: string;
  /** The hooks that the host may ask. */
  readonly hooks: readonly string[];
  /** The plugin's own config, as it is. */
  readonly config: unknown;
  readonly startTimeoutMs: number;
  readonly clock: Clock;
  readonly logger: Logger;
  /**
   * Answers a plugin's call to a host service; refuses what this plugin may not use. `parent` is where the plugin
   * stood in a trace when it asked.
   */
  readonly callHost: (service: string, request: unknown, parent?: TraceContext) => Promise<unknown>;
  /** Host services this plugin may use. */
  readonly services: readonly string[];
  /** What the gate admitted in place of the source's own `launch`: start this. Without a gate, the source's own. */
  readonly launch: Launch | undefined;
  /** Counts the bytes of the wire, where it has one and somebody counts. */
  readonly traffic?: Traffic | undefined;
  /** Aborts when the start is no longer wanted. */
  readonly signal: AbortSignal;
}

/** How to reach a plugin. `open` may be called again after the channel has ended. */
export interface PluginSource<H = Undeclared> {
  /** The transport: `in-process`, `worker`, `subprocess`, `grpc`. */
  readonly kind: string;
  /** What is reached, for people: a file, a command. */
  readonly target: string;
  /** What `open` will start, for gates. Without it the plugin is the host's own code, in this process. */
  readonly launch?: Launch | undefined;
  /** Exists for the compiler only. */
  readonly contract?: H;
  /** @throws {PluginError} with a code that says why the plugin could not be reached. */
  open(setup: OpenSetup): Promise<Channel>;
}
