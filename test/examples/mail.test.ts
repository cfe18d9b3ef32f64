import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test, type TestContext } from 'vitest';
import { hasTool } from '../languages/tool.ts';

const root = new URL('../../', import.meta.url);
const host = fileURLToPath(new URL('.build/examples/mail/host.js', root));
const mailFolder = fileURLToPath(new URL('examples/mail/', root));

let folder = '';
/** The demo, run as it is. */
let own: Run;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'plugboard-mail-'));
  own = await demo([]);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

interface Run {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

function start(args: readonly string[], env: NodeJS.ProcessEnv = {}) {
  return spawn(process.execPath, [host, ...args], {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}

async function demo(args: readonly string[], env?: NodeJS.ProcessEnv): Promise<Run> {
  const child = start(args, env);
  const closed = once(child, 'close');
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr)]);
  const [status] = (await closed) as [number | null];
  return { status, stdout, stderr };
}

async function ownMessages(): Promise<string[]> {
  const names = await readdir(mailFolder);
  return names.filter((name) => name.endsWith('.eml'));
}

/** The messages of the example as one mbox, `times` over. */
async function writeMbox(name: string, times: number): Promise<string> {
  const names = await ownMessages();
  const small = names.filter((file) => !file.startsWith('large'));
  const messages = await Promise.all(small.map((file) => readFile(join(mailFolder, file), 'latin1')));
  const entries = messages.map(
    (message) => `From tests@example.org Mon Apr  6 09:12:44 2026\n${message.replaceAll('\r', '')}\n\n`,
  );
  const path = join(folder, name);
  await writeFile(path, entries.join('').repeat(times), 'latin1');
  return path;
}

/** Message ids to verdicts, from the table. */
function verdictsIn(stdout: string): Map<string, string> {
  const rows = stdout.matchAll(/^([\w-]+) .* (accept|junk|reject|defer)$/gm);
  return new Map(Array.from(rows, ([, id = '', verdict = '']) => [id, verdict]));
}

function pidsIn(stdout: string): number[] {
  return Array.from(stdout.matchAll(/(?:child +|pid )(\d+)/g), ([, pid]) => Number(pid));
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

function needsPython(context: TestContext): void {
  try {
    execFileSync('python3', ['--version']);
  } catch {
    if (process.env['PLUGBOARD_REQUIRE_TOOLS'] === '1') throw new Error('python3 is missing');
    context.skip('python3 is not installed');
  }
}

describe('npm run demo', () => {
  test('judges every message that comes with it, and loses none', async () => {
    const { status, stdout, stderr } = own;
    expect(stderr).toBe('');
    expect(status).toBe(0);
    const names = await ownMessages();
    expect(names.length).toBeGreaterThanOrEqual(14);
    expect([...verdictsIn(stdout).keys()]).toEqual(names.map((name) => name.replace('.eml', '')).toSorted());
    expect(stdout).toContain(
      `Messages in ${names.length}, judged ${names.length}, deferred 0, lost 0; 1 restart`,
    );
  });

  test('sees good and bad mail for what it is, with all four plugins', (context) => {
    needsPython(context);
    expect(own.stdout).toMatch(/^message +headers +links +content +pressure +score +verdict$/m);
    const verdicts = verdictsIn(own.stdout);
    const withVerdict = (wanted: string): string[] =>
      [...verdicts.keys()].filter((id) => verdicts.get(id) === wanted);
    expect(withVerdict('reject')).toEqual(['all-caps-subject', 'phishing-reply-to', 'spam-words']);
    expect(withVerdict('junk')).toEqual([
      'attachment-in-disguise',
      'html-lookalike-links',
      'malformed-headers',
      'nul-in-header',
    ]);
  });

  test('kills a child half-way, shows the coded error and the restart, and leaves nothing running', () => {
    const { stdout } = own;
    const [, killed] = /^Half-way: SIGKILL to the process of 'content', pid (\d+)$/m.exec(stdout) ?? [];
    const [, restarted] = /content: \w+ -> ready, pid (\d+)$/m.exec(stdout) ?? [];
    expect(killed).toBeDefined();
    expect(restarted).toBeDefined();
    expect(restarted).not.toBe(killed);
    expect(stdout).toMatch(/\[[A-Z]+_\d{4}\] plugin 'content': .*SIGKILL/);
    expect(stdout).toMatch(/asked again about \d+ messages?: [\w-]+/);
    expect(stdout).toMatch(/Left running: nothing\.$/m);
    expect(pidsIn(stdout).filter(isAlive)).toEqual([]);
  });

  test('prints plain lines of at most 100 columns when its output is no terminal', () => {
    const lines = own.stdout.split('\n');
    expect(lines.filter((line) => line.length > 100)).toEqual([]);
    expect(lines.filter((line) => /\p{Cc}/u.test(line))).toEqual([]);
    expect(own.stdout).toMatch(/^(\d+) of \1 messages judged$/m);
  });

  test.skipIf(process.platform !== 'linux' || !hasTool('script', '--version'))(
    'shows its progress on a terminal, on one line that is gone at the end',
    async () => {
      const command = `'${process.execPath}' '${host}' '${join(mailFolder, 'plain-ham.eml')}'`;
      const terminal = spawn('script', ['-qec', command, '/dev/null'], {
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      const shown = await text(terminal.stdout);
      expect(shown).toContain(`\r${'█'.repeat(30)} 1 of 1 messages judged\u001b[K\r\u001b[K`);
      expect(shown).not.toMatch(/messages judged\r?\n/);
      expect(shown).toMatch(/Left running: nothing\.\r?\n$/);
    },
  );

  test('judges the messages of an mbox', async () => {
    const { status, stdout } = await demo([await writeMbox('some.mbox', 1)]);
    expect(status).toBe(0);
    const count = (await ownMessages()).length - 1;
    expect(stdout).toMatch(new RegExp(`^some\\.mbox:${count} `, 'm'));
    expect(stdout).toContain(`Messages in ${count}, judged ${count}, deferred 0, lost 0; 1 restart`);
  });

  test('judges a single message, and still survives the kill', async () => {
    const { status, stdout } = await demo([join(mailFolder, 'plain-ham.eml')]);
    expect(status).toBe(0);
    expect(stdout).toContain('Messages in 1, judged 1, deferred 0, lost 0; 1 restart');
  });

  test('goes on without Python, and says so', async () => {
    const { status, stdout } = await demo([], { PATH: folder });
    expect(status).toBe(0);
    expect(stdout).toContain("No Python 3.8 or newer on the PATH: going on without the plugin 'pressure'.");
    expect(stdout).toMatch(/^message +headers +links +content +score +verdict$/m);
    expect(stdout).toMatch(/deferred 0, lost 0; 1 restart/);
  });

  test('ends its plugins when it is interrupted', async () => {
    const child = start([await writeMbox('long.mbox', 500)]);
    const closed = once(child, 'close');
    let stdout = '';
    let interrupted = false;
    for await (const chunk of child.stdout) {
      stdout += String(chunk);
      if (!interrupted && stdout.includes('-> ready, pid')) interrupted = child.kill('SIGINT');
    }
    expect(await closed).toEqual([130, null]);
    expect(pidsIn(stdout).length).toBeGreaterThanOrEqual(2);
    expect(pidsIn(stdout).filter(isAlive)).toEqual([]);
  });

  test.each([
    ['a missing file', 'nowhere.eml', /nowhere\.eml: there is no such file\n$/],
    ['a folder', '.', /is a folder; name the \.eml files in it, or an mbox\n$/],
    ['an unknown option', '--frobnicate', /^Unknown option '--frobnicate'\n\nUsage: npm run demo/],
  ])('refuses %s in one sentence, with status 2', async (_, argument, message) => {
    const { status, stdout, stderr } = await demo([argument]);
    expect(stderr).toMatch(message);
    expect(stderr).not.toMatch(/^ +at /m);
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
  });

  test('names every file that is empty or no mail', async () => {
    const [empty, story] = [join(folder, 'empty.eml'), join(folder, 'story.eml')];
    await Promise.all([writeFile(empty, ''), writeFile(story, 'Once upon a time: there was a file.\n')]);
    const { status, stderr } = await demo([empty, story]);
    expect(status).toBe(2);
    expect(stderr).toBe(
      `${empty}: is empty\n${story}: is not mail: it has no From, To, Subject or Date at its start\n`,
    );
  });

  test('explains itself with --help', async () => {
    const { status, stdout } = await demo(['--help']);
    expect(status).toBe(0);
    expect(stdout).toMatch(/^Usage: npm run demo/);
  });
});
