import { credentials } from '@grpc/grpc-js';
import { existsSync } from 'node:fs';
import { expect } from 'vitest';
import { makeCertificate, type OwnCertificate } from '../../transports/go-plugin/certificate.ts';
import { parseHandshakeLine } from '../../transports/go-plugin/handshake-line.ts';
import { tempFolder } from '../support/temp-folder.ts';
import { startProgram, type StartedPlugin } from '../transports/go-plugin/started-plugin.ts';
import { Peer, tlsOf } from './peer.ts';
import type { ExitStep, HealthStep, Scenario, Step, Subject } from './scenario.ts';

/** A plugin in the middle of a scenario. */
interface Playing {
  readonly plugin: StartedPlugin;
  readonly own: OwnCertificate | undefined;
  readonly fill: (text: string) => string;
}

/** Starts a plugin and goes through the scenario; fails like a test where it does otherwise. */
export async function play(scenario: Scenario, subject: Subject): Promise<void> {
  await using folder = await tempFolder();
  const fill = (text: string): string =>
    text.replaceAll('{lowest}', String(subject.lowest)).replaceAll('{folder}', folder.path);
  const own = scenario.tls && (await makeCertificate(scenario.tls, new Date()));
  const env = Object.entries(scenario.env ?? {}).map(([name, value]) => [name, fill(value)]);
  await using plugin = await startProgram(subject.command(), {
    PLUGIN_MIN_PORT: '10000',
    PLUGIN_MAX_PORT: '25000',
    PLUGIN_PROTOCOL_VERSIONS: String(subject.lowest),
    ...(own && { PLUGIN_CLIENT_CERT: own.certificatePem }),
    ...cookieOf(scenario, subject),
    ...(Object.fromEntries(env) as Record<string, string>),
  });
  try {
    for (const step of scenario.steps) await take(step, { plugin, own, fill });
  } catch (cause) {
    plugin.child.kill('SIGKILL');
    throw new Error(`it did otherwise, and said on stderr: ${(await plugin.stderr) || 'nothing'}`, { cause });
  }
}

function cookieOf({ cookie }: Scenario, { cookie: [key, value] }: Subject): Record<string, string> {
  if (cookie === 'none') return {};
  return { [key]: cookie === 'wrong' ? `not ${value}` : value };
}

async function take(step: Step, { plugin, own, fill }: Playing): Promise<void> {
  const { line } = plugin;
  if ('exits' in step) return expectExit(step, plugin);
  if ('line' in step) return expect(line).toMatch(new RegExp(fill(step.line)));
  if ('signal' in step) return void plugin.child.kill(step.signal);
  if ('refuses' in step) return expectRefusal(step.refuses, line);
  const peer = new Peer(line, own === undefined ? credentials.createInsecure() : tlsOf(line, own));
  try {
    if ('opens' in step) await peer.open(step.opens);
    else if ('health' in step) await expectHealth(step, peer);
    else await expectEnd(step.shutdownWithinMs, peer, plugin);
  } finally {
    peer.close();
  }
}

async function expectExit(step: ExitStep, plugin: StartedPlugin): Promise<void> {
  expect(await plugin.exit).toBe(step.exits);
  expect(await plugin.stdout).toMatch(new RegExp(step.stdout));
  expect(await plugin.stderr).toMatch(new RegExp(step.stderr));
}

async function expectHealth({ health, status, code }: HealthStep, peer: Peer): Promise<void> {
  const answer = peer.health(health);
  if (code === undefined) expect(await answer).toBe(status);
  else await expect(answer).rejects.toMatchObject({ code });
}

async function expectRefusal(how: string, line: string): Promise<void> {
  const certificate = how === 'another certificate' ? await makeCertificate('P-521', new Date()) : undefined;
  const peer = new Peer(line, how === 'plaintext' ? credentials.createInsecure() : tlsOf(line, certificate));
  await expect(peer.health('plugin')).rejects.toMatchObject({ code: 14 });
  peer.close();
}

async function expectEnd(withinMs: number, peer: Peer, plugin: StartedPlugin): Promise<void> {
  const { network, address } = parseHandshakeLine(plugin.line);
  await peer.shutdown();
  peer.close();
  const limit = setTimeout(() => plugin.child.kill('SIGKILL'), withinMs); // as hosts do
  expect(await plugin.exit, 'ends by itself').not.toBeNull();
  clearTimeout(limit);
  if (network === 'unix') expect(existsSync(address)).toBe(false);
}
