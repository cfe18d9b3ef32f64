import type { HostConfig } from '../config/host-config.ts';
import { systemClock, type Clock } from '../core/clock.ts';
import type { Contract } from '../core/contract.ts';
import type { Gate } from '../core/gate.ts';
import type { Logger, LogLevel } from '../core/logger.ts';
import type { Metrics } from '../core/metrics.ts';
import { DeadlineQueue } from '../resilience/deadlines.ts';
import { TurnEnd } from '../resilience/turn-end.ts';
import { Events } from './events.ts';
import { loggersOf } from './loggers.ts';
import type { ServiceFunction, Shared } from './shared.ts';
import { ManagerTracing, type TracerMaker } from './tracing.ts';

/** What the things that all plugins share are made of. */
export interface SharedParts {
  readonly contract: Contract;
  readonly services: Readonly<Record<string, ServiceFunction>>;
  readonly logger: Logger;
  /** Records below it are dropped, unless a plugin sets its own. */
  readonly logLevel: LogLevel | undefined;
  /** What the host was built by, if by a configuration. */
  readonly hostConfig?: HostConfig | undefined;
  readonly clock?: Clock | undefined;
  readonly metrics?: Metrics | undefined;
  readonly makeTracer: TracerMaker;
  /** Stands before every start. */
  readonly gate?: Gate | undefined;
}

/** One of each for a manager and all its plugins. */
export function makeShared(parts: SharedParts): Shared {
  const { contract, services, metrics, gate, clock = systemClock } = parts;
  const loggers = loggersOf(parts.logger, parts.logLevel, parts.hostConfig?.logLevel);
  const turnEnd = new TurnEnd(clock);
  return {
    contract,
    services,
    ...loggers,
    metrics,
    tracing: new ManagerTracing(parts.makeTracer, { clock, logger: loggers.logger }),
    clock,
    turnEnd,
    deadlines: new DeadlineQueue(clock, turnEnd),
    events: new Events(),
    gate,
  };
}
