// A plugin of Haraka: it asks a manager, says on stdout what its plugin was told, and keeps mail in a folder.
import { createWriteStream } from 'node:fs';
import { join } from 'node:path';
import { definePlugin, Simple } from 'plugboard';
import {
  accept,
  emailHooks,
  harakaHooks,
  mailAddr,
  modify,
  openMessage,
  proceed,
  quarantine,
  reject,
} from 'plugboard/email';
import { inProcess } from 'plugboard/transports';

const seen = (hook, what) => console.log(`SEEN ${JSON.stringify({ hook, ...what })}`);
const fail = () => {
  throw new Error('broken');
};

const recipients = {
  bob: () => accept(),
  gone: () => reject({ text: 'Moved away', code: 551, enhanced: '5.1.6' }),
  fails: fail,
  list: () => modify({ recipient: mailAddr('stranger@example.net'), alsoTo: [mailAddr('dan@example.net')] }),
  alias: () => modify({ recipient: mailAddr('carol@example.net'), alsoTo: [mailAddr('eve@example.net')] }),
};

const messages = {
  plain: () => proceed(),
  changed: () =>
    modify({
      headers: [
        { op: 'add', name: 'X-Judge', value: 'was here' },
        { op: 'replace', name: 'Subject', value: 'other' },
        { op: 'remove', name: 'X-Two', index: 1 },
      ],
    }),
  refused: () => reject({ text: 'Not this one' }),
  aside: () => quarantine({ reason: 'odd' }),
  fails: fail,
  never: (context) =>
    new Promise((resolve) => context.signal.addEventListener('abort', () => resolve(proceed()))),
};

const judge = definePlugin({
  name: 'judge',
  version: '1.0.0',
  hooks: {
    'connection.connect': ({ activeTotal }) => {
      seen('connect', { activeTotal });
      return proceed();
    },
    'command.ehlo': ({ hostname }) => (hostname === 'bad.example' ? reject({ text: 'Not you' }) : proceed()),
    'command.helo': ({ hostname }) => (hostname === 'bad.example' ? reject({ disconnect: true }) : proceed()),
    'transaction.mailFrom': ({ sender, ...told }) => {
      seen('mailFrom', { sender, ...told });
      if (sender.local === 'fails') fail();
      return sender.local === 'rename' ? modify({ sender: mailAddr('bounce@example.org') }) : proceed();
    },
    'transaction.rcptTo': ({ recipient }) => recipients[recipient.local]?.() ?? proceed(),
    'transaction.reset': ({ reason }) => {
      seen('reset', { reason });
      return proceed();
    },
    'message.messageComplete': async ({ message, headers, recipients: to, lines, transaction }, context) => {
      const text = (await openMessage(message, context).toArray()).join('');
      const { file } = message;
      const { address } = transaction.sender;
      seen('message', {
        file,
        size: message.size,
        lines,
        headers,
        to: to.map((one) => one.address),
        text,
        address,
      });
      return messages[headers.find(([name]) => name === 'X-Do')?.[1]]?.(context) ?? proceed();
    },
    'connection.disconnect': ({ reason, messages: taken }) => {
      seen('disconnect', { reason, messages: taken });
      return proceed();
    },
  },
});

const local = definePlugin({
  name: 'local',
  version: '1.0.0',
  hooks: {
    'transaction.rcptTo': ({ recipient }) => (recipient.local === 'carol' ? accept() : proceed()),
  },
});

const made = Simple(emailHooks)
  .withPlugin('judge', inProcess(judge))
  .withPlugin('local', inProcess(local))
  .build();
const scopes = [];
const watched = made.then((manager) => ({
  run(hook, request, options) {
    scopes.push(new WeakRef(options.within));
    return manager.run(hook, request, options);
  },
}));

const { register } = harakaHooks(
  process.env.NO_MANAGER === '1' ? Promise.reject(new Error('no manager')) : watched,
);
export { register };

export function hook_queue(next, connection) {
  const { transaction } = connection;
  const file = createWriteStream(join(process.env.KEPT, `${transaction.uuid}.eml`));
  const envelope = [transaction.mail_from, ...transaction.rcpt_to].map((address) => address.format());
  file.on('finish', () => {
    seen('queue', { envelope });
    next(906);
  });
  transaction.message_stream.pipe(file);
}

/** How many scopes are held: VRFY is answered by nobody else. */
export function hook_vrfy(next) {
  setImmediate(() => {
    globalThis.gc();
    const held = new Set(scopes.map((scope) => scope.deref()).filter((scope) => scope !== undefined));
    next(906, `${held.size} of ${scopes.length}`);
  });
}
