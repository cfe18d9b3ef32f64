import type { Clock } from '../core/clock.ts';
import type { Contract } from '../core/contract.ts';
import type { Gate } from '../core/gate.ts';
import type { Metrics } from '../core/metrics.ts';
import type { ServiceCaller } from '../core/plugin.ts';
import type { DeadlineQueue } from '../resilience/deadlines.ts';
import type { TurnEnd } from '../resilience/turn-end.ts';
import type { Events } from './events.ts';
import type { Loggers } from './loggers.ts';
import type { ManagerTracing } from './tracing.ts';

/** A host service as it is called. */
export type ServiceFunction = (request: unknown, caller: ServiceCaller) => unknown;

/** What all plugins of a manager share. */
export interface Shared extends Loggers {
  readonly contract: Contract;
  readonly services: Readonly<Record<string, ServiceFunction>>;
  readonly clock: Clock;
  readonly metrics: Metrics | undefined;
  readonly turnEnd: TurnEnd;
  readonly tracing: ManagerTracing;
  readonly deadlines: DeadlineQueue;
  readonly events: Events;
  /** Stands before every start. */
  readonly gate: Gate | undefined;
}
