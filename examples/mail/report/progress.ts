/** Shows how far the work is, and lets other lines be printed meanwhile. */
export interface Progress {
  /** One more is done. */
  step(): void;
  /** Prints a line of its own. */
  say(line: string): void;
  /** Takes the progress line away. */
  end(): void;
}

const barWidth = 30;
const quarters = 4;

/** On a terminal one line that is written over and over; elsewhere a plain line for each quarter. */
export function progressOn(output: NodeJS.WriteStream, total: number): Progress {
  return output.isTTY ? rewrittenLine(output, total) : plainLines(output, total);
}

function rewrittenLine(output: NodeJS.WriteStream, total: number): Progress {
  let done = 0;
  const clear = (): void => void output.write('\r\u001b[K');
  const draw = (): void => {
    const filled = Math.floor((barWidth * done) / total);
    output.write(
      `\r${'█'.repeat(filled)}${'░'.repeat(barWidth - filled)} ${done} of ${total} messages judged\u001b[K`,
    );
  };
  return {
    step() {
      done += 1;
      draw();
    },
    say(line) {
      clear();
      output.write(`${line}\n`);
      draw();
    },
    end: clear,
  };
}

function plainLines(output: NodeJS.WriteStream, total: number): Progress {
  let done = 0;
  return {
    step() {
      done += 1;
      const quarter = Math.floor((quarters * done) / total);
      if (quarter > Math.floor((quarters * (done - 1)) / total))
        output.write(`${done} of ${total} messages judged\n`);
    },
    say: (line) => void output.write(`${line}\n`),
    end: () => undefined,
  };
}
