import type { Plugin } from '../../src/core/plugin.ts';
import { PluginSession } from '../wire/plugin-session.ts';
import { StreamWire } from '../wire/stream-wire.ts';
import { FrameStream, type MessageStream } from './frame-stream.ts';

/** One host that is served over a session. */
export interface ServedSession {
  /** Resolves when nothing runs and nothing will. */
  readonly ended: Promise<void>;
  /** Lets running calls end, then ends the session. */
  close(): void;
  /** Ends it at once. */
  destroy(): void;
}

/** What a session is made of. */
export interface SessionParts {
  readonly plugin: Plugin;
  /** The host's name for it. */
  readonly name: string;
  readonly maxFrameBytes: number;
  readonly note: (text: string) => void;
}

/** Serves one host until it or the server ends the session. */
export function serveSession(messages: MessageStream, parts: SessionParts): ServedSession {
  const { plugin, name, maxFrameBytes, note } = parts;
  const stream = new FrameStream(messages, () => messages.end());
  const wire = new StreamWire(stream, stream, maxFrameBytes, true);
  const ended = new Promise<void>((resolve) => void stream.once('close', resolve));
  const session = new PluginSession(wire, plugin, name, {
    ended: (orphaned) => (orphaned ? wire.destroy() : wire.end()),
    note,
  });
  wire.start(session);
  return {
    ended,
    close: () => session.message({ method: 'plugin.shutdown' }),
    destroy: () => stream.destroy(),
  };
}
