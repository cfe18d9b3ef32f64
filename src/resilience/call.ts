import type { ExecutionContext } from '../core/execution-context.ts';
import type { Timer } from '../core/clock.ts';
import type { ErrorCode } from '../core/error-codes.ts';
import { PluginError, type PluginErrorDetails } from '../core/errors.ts';
import type { Channel } from '../core/transport.ts';
import { unwatch, watch } from './abort-watch.ts';
import { backoffMs, jittered } from './backoff.ts';
import { verdictOf, type Pass } from './breaker.ts';
import type { CallParts, Question, RetryPolicy, Routable, Target } from './call-parts.ts';
import { CallView } from './call-view.ts';
import type { Waiter } from './concurrency.ts';
import type { DeadlineEntry, DeadlineList } from './deadlines.ts';
import { checked } from './schema-check.ts';
import type { Tally } from './tally.ts';

/**
 * One call from its start to its only end. It is its own entry in the deadline queue and its own view for
 * the channel, so that a call costs two objects and one promise.
 */
export class Call extends CallView implements DeadlineEntry, Routable, Waiter {
  target: Target | undefined = undefined;
  pass: Pass | undefined = undefined;
  list: DeadlineList | undefined = undefined;
  previous: DeadlineEntry | undefined = undefined;
  next: DeadlineEntry | undefined = undefined;
  private readonly parts: CallParts;
  private readonly tally: Tally;
  private readonly question: Question;
  private readonly resolve: (answer: unknown) => void;
  private readonly reject: (error: PluginError) => void;
  private startedAt = 0;
  private slot: 'none' | 'waiting' | 'held' = 'none';
  private attemptTimer: Timer | undefined = undefined;
  private attemptError: PluginError | undefined = undefined;

  constructor(
    parts: CallParts,
    tally: Tally,
    hook: string,
    question: Question,
    request: unknown,
    options: ExecutionContext | undefined,
    resolve: (answer: unknown) => void,
    reject: (error: PluginError) => void,
  ) {
    super(parts.clock, hook, request, options);
    this.parts = parts;
    this.tally = tally;
    this.question = question;
    this.resolve = resolve;
    this.reject = reject;
  }

  /** Whether the call is one of those a tally counts. */
  isCountedBy(tally: Tally): boolean {
    return this.tally === tally;
  }

  /** Starts the call: counted, bounded in time, checked; then the policies in their order. */
  begin(): void {
    const { deadlines, timeoutMs, budget, recorder, clock } = this.parts;
    this.tally.begin();
    budget.deposit();
    this.timeoutMs = this.options?.timeoutMs || timeoutMs;
    deadlines.add(this, this.timeoutMs);
    if (recorder !== undefined) this.startedAt = clock.now();
    if (this.options?.signal !== undefined) watch(this.options.signal, this);
    const schema = this.question.request;
    if (schema === undefined) return this.limit();
    const refuse = (why: string): void =>
      this.fail(this.error('PLUGIN_1209', `the request breaks the contract: ${why}`));
    checked(schema, this.request, (request) => this.limit(request), refuse);
  }

  /** The deadline is over. */
  expire(): void {
    const message = `no answer within ${this.timeoutMs} ms. Raise timeoutMs, or look at why the plugin is slow.`;
    this.cancel(this.error('PLUGIN_1204', message));
  }

  /** The caller does not want the answer any more. */
  giveUp(cause: unknown): void {
    this.cancel(this.error('PLUGIN_1206', 'the caller gave up before the answer came.', { cause }));
  }

  /** Ends the call for a reason that is not the plugin's; the plugin is told. */
  cancel(reason: PluginError): void {
    if (this.settled) return;
    const tell = this.onCancel;
    this.cancelled = reason;
    this.fail(reason);
    tell?.(reason);
  }

  /** A slot of the concurrency limit is free and this call's. */
  proceed(): void {
    this.slot = 'held';
    const { target } = this;
    if (target === undefined || !this.parts.mustReroute(target)) return this.try();
    // Nothing was sent yet: whoever waited goes to the instance that is best now.
    this.pass?.settle('neutral');
    target.tally.withdraw();
    this.routeAndTry();
  }

  private limit(request: unknown = this.request): void {
    if (this.settled) return;
    this.request = request;
    const admission = this.parts.limiter?.acquire(
      this,
      this.parts.recorder === undefined ? undefined : this.startedAt,
    );
    if (admission === undefined) this.enter();
    else if (admission instanceof Promise)
      void admission.then((later) => (later ? this.fail(later) : this.enter()));
    else this.fail(admission);
  }

  private enter(): void {
    if (this.settled) return;
    const refusal = this.route();
    if (refusal !== undefined) return this.fail(refusal);
    const { concurrency, plugin } = this.parts;
    if (concurrency === undefined) return this.try();
    const place = concurrency.enter(this);
    if (place === 'full') return this.fail(overloaded(plugin, this.hook, concurrency.queued));
    this.slot = place === 'run' ? 'held' : 'waiting';
    if (place === 'run') this.try();
  }

  private route(): PluginError | undefined {
    const refusal = this.parts.route(this);
    this.target?.tally.begin();
    return refusal;
  }

  private try(): void {
    if (this.settled || this.target === undefined) return;
    let channel: Channel | Promise<Channel>;
    try {
      channel = this.target.channel();
    } catch (error) {
      return this.attemptFailed(error);
    }
    if (!(channel instanceof Promise)) return this.ask(channel);
    const { attempt } = this;
    channel.then(
      (ready) => this.ask(ready),
      (error: unknown) => this.attemptFailed(error, attempt),
    );
  }

  private ask(channel: Channel): void {
    if (this.settled) return;
    const { attempt } = this;
    this.onCancel = undefined;
    this.boundAttempt(attempt);
    let answer: unknown;
    try {
      answer = channel.call(this);
      if (isThenable(answer)) {
        answer.then(
          (value) => this.answered(value, attempt),
          (error: unknown) => this.attemptFailed(error, attempt),
        );
        return;
      }
    } catch (error) {
      return this.attemptFailed(error);
    }
    this.answered(answer, attempt);
  }

  private boundAttempt(attempt: number): void {
    const { attemptTimeoutMs } = this.parts.retry;
    if (attemptTimeoutMs === 0) return;
    this.attemptTimer = this.parts.clock.startTimer(attemptTimeoutMs, () => {
      const message = `attempt ${attempt} had no answer within ${attemptTimeoutMs} ms.`;
      const error = this.error('PLUGIN_1204', message, { retryable: true });
      this.onCancel?.(error);
      this.attemptFailed(error, attempt);
    });
  }

  private answered(answer: unknown, attempt: number): void {
    if (this.settled || attempt !== this.attempt) return;
    this.attemptTimer?.cancel();
    const schema = this.question.response;
    if (schema === undefined) return this.succeed(answer);
    const refuse = (why: string): void => {
      this.fail(this.error('PLUGIN_1210', `the plugin's answer breaks the contract: ${why}`));
    };
    checked(schema, answer, (value) => this.succeed(value), refuse);
  }

  private attemptFailed(thrown: unknown, attempt: number = this.attempt): void {
    if (this.settled || attempt !== this.attempt) return;
    this.attemptTimer?.cancel();
    const { retry, plugin } = this.parts;
    const error = PluginError.from(thrown, 'PLUGIN_1203', { plugin, hook: this.hook });
    const maxRetries = this.options?.maxRetries ?? retry.maxRetries;
    if (!error.retryable || maxRetries === 0) return this.fail(error);
    if (attempt > maxRetries) return this.fail(this.givenUp(error, ''), error);
    this.retryLater(error, retry);
  }

  private retryLater(error: PluginError, retry: RetryPolicy): void {
    const planned = jittered(backoffMs(retry, this.attempt), retry.jitter, Math.random());
    const delayMs = Math.max(planned, error.retryAfterMs ?? 0);
    if (delayMs >= this.remainingMs) return this.fail(this.givenUp(error, ' and no time left'), error);
    if (!this.parts.budget.withdraw())
      return this.fail(this.givenUp(error, ' and no retry budget left'), error);
    this.attempt++;
    const timer = this.parts.clock.startTimer(delayMs, () => this.again());
    this.attemptError = error;
    this.onCancel = () => timer.cancel();
  }

  private again(): void {
    if (this.settled) return;
    if (this.target === undefined || !this.parts.mustReroute(this.target)) return this.try();
    this.leaveTarget(verdictOf(this.attemptError));
    this.routeAndTry();
  }

  private routeAndTry(): void {
    this.pass = undefined;
    this.target = undefined;
    const refusal = this.route();
    if (refusal === undefined) this.try();
    else this.fail(refusal);
  }

  private givenUp(error: PluginError, why: string): PluginError {
    const { code, rawMessage, retryable, retryAfterMs } = error;
    const times = this.attempt === 1 ? '1 attempt' : `${this.attempt} attempts`;
    const message = `failed after ${times}${why}, at last with ${code}: ${rawMessage}`;
    const context = { attempts: this.attempt, lastCode: code };
    return this.error('PLUGIN_1203', message, { cause: error, context, retryable, retryAfterMs });
  }

  private succeed(answer: unknown): void {
    if (this.settled) return;
    this.settle(undefined, undefined);
    this.resolve(answer);
  }

  /** `blame` is what the breaker judges: of a call that was given up, its last attempt. */
  private fail(error: PluginError, blame: PluginError = error): void {
    if (this.settled) return;
    this.settle(error, blame);
    this.reject(error);
  }

  private settle(error: PluginError | undefined, blame: PluginError | undefined): void {
    const { deadlines, recorder } = this.parts;
    this.settled = true;
    deadlines.remove(this);
    if (this.options?.signal !== undefined) unwatch(this.options.signal, this);
    this.attemptTimer?.cancel();
    if (this.slot !== 'none') this.leaveSlot();
    if (this.target === undefined) this.parts.limiter?.leave(this);
    this.leaveTarget(verdictOf(blame), error === undefined);
    recorder?.ended(this.parts.clock.now() - this.startedAt, error?.code);
    this.tally.end(error === undefined);
  }

  private leaveSlot(): void {
    const { concurrency } = this.parts;
    if (this.slot === 'held') concurrency?.release();
    else concurrency?.leave(this);
  }

  private leaveTarget(verdict: ReturnType<typeof verdictOf>, succeeded = false): void {
    this.pass?.settle(verdict);
    this.target?.tally.end(succeeded);
    this.pass = undefined;
    this.target = undefined;
  }

  private error(
    code: ErrorCode,
    message: string,
    more: Omit<PluginErrorDetails, 'message'> = {},
  ): PluginError {
    return new PluginError(code, { plugin: this.parts.plugin, hook: this.hook, message, ...more });
  }
}

function overloaded(plugin: string, hook: string, queued: number): PluginError {
  const message = `all its slots are taken and ${queued} calls wait already. Call less at once, or raise concurrency.`;
  return PluginError.withoutStack('PLUGIN_1212', { plugin, hook, message, context: { queued } });
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return (
    typeof value === 'object' && value !== null && typeof (value as PromiseLike<unknown>).then === 'function'
  );
}
