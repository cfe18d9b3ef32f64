import { definePlugin, type Plugin } from 'plugboard';
import { modify, proceed, reject, type EmailHooks } from 'plugboard/email';
import { z } from 'zod';
import { read, size } from './settings.ts';

const settingsSchema = z.strictObject({
  /** Endings of files that nobody sends in good faith, without the dot. */
  extensions: z
    .array(z.string().toLowerCase())
    .default(['exe', 'scr', 'com', 'pif', 'bat', 'cmd', 'vbs', 'js', 'jar']),
  /** What happens to them: the message is refused, or a note takes the place of the file. */
  onMatch: z.enum(['reject', 'remove']).default('reject'),
  /** The largest part. Default: any. */
  maxPartSize: size.default(Infinity),
  /** The largest message. Default: any. */
  maxMessageSize: size.default(Infinity),
});

/** Keeps out attachments by the ending of their names, and what is too large. */
export function contentPolicy(): Plugin<Partial<EmailHooks>> {
  let settings = read(settingsSchema, undefined);
  const configure = (config: unknown): void => void (settings = read(settingsSchema, config));
  return definePlugin<EmailHooks>({
    name: 'content-policy',
    version: '1.0.0',
    initialize: ({ config }) => configure(config),
    configure,
    hooks: {
      'message.body'({ part: { filename = '', size: bytes } }) {
        if (bytes > settings.maxPartSize)
          return reject({ code: 552, enhanced: '5.3.4', text: 'A part is too large' });
        const ending = endingOf(filename);
        if (!settings.extensions.includes(ending)) return proceed();
        if (settings.onMatch === 'reject') return reject({ text: `We take no .${ending} files` });
        const text = `A file ending in .${ending} was taken out of this message.\r\n`;
        return modify({ replacement: { contentType: 'text/plain; charset=utf-8', text } });
      },
      'content.contentFilter'({ message }) {
        if (message.size <= settings.maxMessageSize) return proceed();
        return reject({ code: 552, enhanced: '5.3.4', text: 'Message too large' });
      },
    },
  });
}

/** What Windows goes by: without the dots and blanks that it drops at the end. */
function endingOf(filename: string): string {
  return /\.([a-z0-9]{1,20})[. ]*$/i.exec(filename)?.[1]?.toLowerCase() ?? '';
}
