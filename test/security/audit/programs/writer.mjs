// Writes an audit log: `node writer.mjs <file> [records]`. Says `open` or the error's message, then writes on demand:
// each line of stdin is one durable record, answered by `written` or the error's message; its end closes the log.
import { createInterface } from 'node:readline';
import { auditLog } from 'plugboard/security';

const [file = '', maxFileBytes] = process.argv.slice(2);
const say = (message) => process.stdout.write(`${JSON.stringify(message)}\n`);
const said = (promise, word) =>
  promise.then(
    () => say(word),
    (error) => say(`${error.code} ${error.message}`),
  );

const log = auditLog(file, maxFileBytes === undefined ? {} : { maxFileBytes: Number(maxFileBytes) });
let isOpen = false;
await said(
  log.open().then(() => void (isOpen = true)),
  'open',
);
if (isOpen) {
  for await (const line of createInterface({ input: process.stdin })) {
    await said(log.append({ event: 'tick', level: 'info', details: { line } }, 'durable'), 'written');
  }
  await said(log.close(), 'closed');
}
