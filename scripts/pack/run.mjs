import { spawnSync } from 'node:child_process';

/** A command that ended badly; `output` is all it printed. */
class CommandFailed extends Error {
  /**
   * @param {string} command
   * @param {string} output
   */
  constructor(command, output) {
    super(`${command} failed:\n${output}`);
    this.name = 'CommandFailed';
    this.output = output;
  }
}

/**
 * Runs a command to its end, without stdin, and gives its stdout. A minute is enough for all but downloads.
 * @param {string} command
 * @param {readonly string[]} args
 * @param {{ cwd: string, timeoutMs?: number }} options
 */
export function run(command, args, { cwd, timeoutMs = 60_000 }) {
  const done = spawnSync(command, args, {
    cwd,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: timeoutMs,
    maxBuffer: 64 * 1024 * 1024,
  });
  if (done.status === 0) return done.stdout;
  const reason =
    done.error?.message ?? (done.signal ? `ended by ${done.signal}` : `exit code ${done.status}`);
  throw new CommandFailed([command, ...args].join(' '), `${done.stdout ?? ''}${done.stderr ?? ''}${reason}`);
}

/**
 * Runs npm: the one that runs this script, if one does.
 * @param {readonly string[]} args
 * @param {string} cwd
 * @param {string} [node] the Node for which npm picks versions
 */
export function npm(args, cwd, node = process.execPath) {
  const itself = process.env['npm_execpath'];
  const timeoutMs = 300_000;
  if (itself === undefined) return run('npm', args, { cwd, timeoutMs });
  return run(node, [itself, ...args], { cwd, timeoutMs });
}

const networkFailure = /\b(ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ENETUNREACH|ENOTCACHED)\b/;

/**
 * Whether a command failed for want of a network.
 * @param {unknown} error
 */
export function isOffline(error) {
  return error instanceof CommandFailed && networkFailure.test(error.output);
}
