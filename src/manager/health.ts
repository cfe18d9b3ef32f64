import type { Clock } from '../core/clock.ts';
import { PluginError } from '../core/errors.ts';
import type { HealthReport, PluginHealth } from '../core/health.ts';
import type { PluginState } from '../core/plugin-state.ts';
import type { Channel } from '../core/transport.ts';
import type { Supervisor } from './supervisor.ts';

/** How long a plugin may take to say how it is, in milliseconds; 5 s, as go-plugins. */
const healthTimeoutMs = 5000;

/** How a plugin is now: a round trip where it runs, what its state says where it does not. */
export async function askHealth(supervisor: Supervisor, clock: Clock, plugin: string): Promise<PluginHealth> {
  const startedAt = clock.now();
  const { live, state } = supervisor;
  const report = live === undefined ? reportOfState(state) : await ask(live, clock, plugin);
  return { ...report, checkedAt: clock.date(), responseTimeMs: clock.now() - startedAt };
}

function reportOfState(state: PluginState): HealthReport {
  if (state.status === 'restarting' || state.status === 'failed') {
    return { status: 'offline', message: state.error.rawMessage };
  }
  return { status: 'unknown', message: state.status };
}

function ask(channel: Channel, clock: Clock, plugin: string): Promise<HealthReport> {
  return new Promise((resolve) => {
    const unhealthy = (message: string): void => {
      timer.cancel();
      resolve({ status: 'unhealthy', message });
    };
    const timer = clock.startTimer(healthTimeoutMs, () =>
      unhealthy(`no answer within ${healthTimeoutMs} ms`),
    );
    channel.health().then(
      (report) => {
        timer.cancel();
        resolve(report);
      },
      (error: unknown) => unhealthy(PluginError.from(error, 'HEALTH_1601', { plugin }).rawMessage),
    );
  });
}
