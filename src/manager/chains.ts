import type { ResolvedSettings } from '../config/settings.ts';
import type { Chain, Member } from '../hooks/chain.ts';
import type { AnyCombining } from '../hooks/combining.ts';
import type { Question } from '../resilience/call-parts.ts';
import type { Entry } from './entry.ts';
import { PluginError } from '../core/errors.ts';
import type { Registry } from './registry.ts';

/** A chain of any rule. */
export type AnyChain = Chain<AnyCombining>;

/** Whether somebody decides, or all are only told. */
export function isDeciding(chain: AnyChain): chain is Chain {
  return chain.combining.combine !== 'observe';
}

/** Who answers a hook, by priority, then in the order of registration. */
export function membersOf(hook: string, question: Question, registry: Registry): readonly Member[] {
  // The request is checked before, once for all of them.
  const asked: Question = { request: undefined, response: question.response };
  return registry.entries
    .filter((entry) => mayAnswer(hook, entry))
    .toSorted((a, b) => priorityOf(a.settings, hook) - priorityOf(b.settings, hook))
    .map((entry) => memberOf(hook, asked, entry, registry));
}

/** A plugin that was never ready may answer everything. */
function mayAnswer(hook: string, { instances }: Entry): boolean {
  const known = instances.flatMap(({ hooks }) => (hooks === undefined ? [] : [hooks]));
  return known.length === 0 || known.some((hooks) => hooks.includes(hook));
}

function claims(hook: string, { instances }: Entry): boolean {
  return instances.some(({ hooks }) => hooks?.includes(hook));
}

function priorityOf({ priority, hooks }: ResolvedSettings, hook: string): number {
  return own(hooks, hook)?.priority ?? priority;
}

function memberOf(hook: string, question: Question, entry: Entry, registry: Registry): Member {
  const { name: plugin, settings } = entry;
  return {
    plugin,
    rule: own(settings.hooks, hook)?.onFailure ?? settings.onFailure,
    timeoutMs: settings.timeoutMs,
    ask(request, options, answered, failed) {
      const { path } = entry;
      if (path === undefined || registry.isLeaving(entry)) failed(notThere(plugin, hook));
      else path.ask(hook, question, request, options, answered, failed);
    },
    // A plugin that has said that it answers the hook cannot talk itself out of it by an error.
    isNoAnswer: ({ code }) =>
      code === 'PLUGIN_1211' &&
      (entry.path === undefined || registry.isLeaving(entry) || !claims(hook, entry)),
  };
}

/** A plugin that is not open yet, or is going: for a chain it is as if it did not answer the hook. */
function notThere(plugin: string, hook: string): PluginError {
  const message = 'it is being registered or unregistered and was passed over.';
  return PluginError.withoutStack('PLUGIN_1211', { plugin, hook, message });
}

function own<T>(record: Readonly<Record<string, T>>, key: string): T | undefined {
  return Object.hasOwn(record, key) ? record[key] : undefined;
}
