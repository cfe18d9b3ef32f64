// Speaks the lines of go-plugins: answers what it was asked.
import { createInterface } from 'node:readline';

createInterface({ input: process.stdin }).on('line', (line) => {
  const { id, payload } = JSON.parse(line);
  if (payload === 'end yourself') process.exit(3);
  if (payload !== 'wait for ever') process.stdout.write(`${JSON.stringify({ id, result: payload })}\n`);
});
