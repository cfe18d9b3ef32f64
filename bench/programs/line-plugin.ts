import { createInterface } from 'node:readline';

// go-plugins' line mode, as a program without our package would speak it.
createInterface({ input: process.stdin }).on('line', (line) => {
  const { id, payload } = JSON.parse(line) as { id: string; payload: unknown };
  process.stdout.write(`${JSON.stringify({ id, result: payload })}\n`);
});
