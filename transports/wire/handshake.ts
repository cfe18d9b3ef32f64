import { PluginError } from '../../src/core/errors.ts';
import { isSemver } from '../../src/core/names.ts';
import type { PluginInfo } from '../../src/core/plugin.ts';
import { printable } from '../../src/core/printable.ts';
import { protocolVersion, type Incoming } from './messages.ts';

/** What a plugin answers to `plugin.initialize`, checked. */
export interface Welcome {
  readonly info: PluginInfo;
  readonly hooks: readonly string[];
  /** Whether it takes raw bytes beside the envelope. */
  readonly attachments: boolean;
  /** The largest frame both ends take. */
  readonly maxFrameBytes: number;
}

/** What the host expects. */
export interface Expected {
  readonly plugin: string;
  readonly hooks: readonly string[];
}

/** @throws {PluginError} `RPC_2002` with both sides of what does not fit. */
export function checkWelcome(answer: unknown, expected: Expected, maxFrameBytes: number): Welcome {
  const welcome = (typeof answer === 'object' && answer !== null ? answer : {}) as Incoming;
  const version = welcome['protocolVersion'];
  if (version !== protocolVersion) {
    const theirs = typeof version === 'number' ? version : printable(JSON.stringify(version) ?? 'none', 40);
    throw refused(expected, `the host speaks protocol version ${protocolVersion}, the plugin ${theirs}`);
  }
  const hooks = stringsOf(welcome['hooks']);
  if (!hooks.some((hook) => expected.hooks.includes(hook))) {
    throw refused(expected, `the host asks [${list(expected.hooks)}], the plugin answers [${list(hooks)}]`);
  }
  return {
    info: infoOf(welcome['info'], expected),
    hooks,
    attachments: welcome['attachments'] === true,
    maxFrameBytes: lower(maxFrameBytes, welcome['limits']),
  };
}

/** A plugin may take less than the host offers, never more. */
function lower(maxFrameBytes: number, limits: unknown): number {
  const theirs =
    typeof limits === 'object' && limits !== null ? (limits as Incoming)['maxFrameBytes'] : undefined;
  return typeof theirs === 'number' && theirs > 0 ? Math.min(maxFrameBytes, theirs) : maxFrameBytes;
}

function infoOf(value: unknown, expected: Expected): PluginInfo {
  const info = (typeof value === 'object' && value !== null ? value : {}) as Incoming;
  const { name, version, description, author, capabilities, metadata } = info;
  if (typeof name !== 'string' || name === '' || !isSemver(version)) {
    throw refused(expected, 'its info needs a name and a semantic version such as 1.0.0');
  }
  return {
    name: printable(name, 200),
    version,
    description: typeof description === 'string' ? printable(description) : undefined,
    author: typeof author === 'string' ? printable(author) : undefined,
    capabilities: Array.isArray(capabilities) ? stringsOf(capabilities) : undefined,
    metadata: typeof metadata === 'object' && metadata !== null ? (metadata as Incoming) : undefined,
  };
}

function refused(expected: Expected, why: string): PluginError {
  const message = `the handshake failed: ${why}. Run a plugin that was made for this host's contract.`;
  return new PluginError('RPC_2002', { plugin: expected.plugin, message });
}

function stringsOf(value: unknown): string[] {
  if (!Array.isArray(value)) return [];
  return value.filter((item) => typeof item === 'string').map((item) => printable(item, 200));
}

function list(names: readonly string[]): string {
  return printable(names.join(', '), 300);
}
