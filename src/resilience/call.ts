import type { ExecutionContext } from '../core/execution-context.ts';
import type { ErrorCode } from '../core/error-codes.ts';
import type { Schema } from '../core/contract.ts';
import { PluginError } from '../core/errors.ts';
import { isThenable } from '../core/thenable.ts';
import type { Channel } from '../core/transport.ts';
import { unwatch, watch } from './abort-watch.ts';
import { AttemptDeadline, type Attempting } from './attempt-deadline.ts';
import { backoffMs, jittered } from './backoff.ts';
import { verdictOf, type Pass } from './breaker.ts';
import type { CallParts, Question, RetryPolicy, Routable, Target } from './call-parts.ts';
import { CallView } from './call-view.ts';
import { overloaded, type Waiter } from './concurrency.ts';
import type { DeadlineEntry, DeadlineList } from './deadlines.ts';
import type { RateLimiter } from './rate-limiter.ts';
import { givenUp } from './given-up.ts';
import { checked } from './schema-check.ts';
import type { Tally } from './tally.ts';

/**
 * One call from its start to its only end. It is its own entry in the deadline queue and its own view for
 * the channel, so that a call costs two objects and one promise.
 * Rare closures stand in methods of their own: a method makes room for its closures whenever it is entered.
 */
export class Call extends CallView implements DeadlineEntry, Attempting, Routable, Waiter {
  target: Target | undefined = undefined;
  pass: Pass | undefined = undefined;
  list: DeadlineList | undefined = undefined;
  previous: DeadlineEntry | undefined = undefined;
  next: DeadlineEntry | undefined = undefined;
  private readonly question: Question;
  private resolve: ((answer: unknown) => void) | undefined = undefined;
  private reject: ((error: PluginError) => void) | undefined = undefined;
  private startedAt = 0;
  private slot: 'none' | 'waiting' | 'held' = 'none';
  private attemptEnd: AttemptDeadline | undefined = undefined;
  private attemptError: PluginError | undefined = undefined;

  constructor(
    parts: CallParts,
    hook: string,
    question: Question,
    request: unknown,
    options: ExecutionContext | undefined,
  ) {
    super(parts, hook, request, options);
    this.question = question;
  }

  /** Whether it is one that a tally counts; with a target, one that was sent there and has no answer yet. */
  isLeft(tally: Tally, target: Target | undefined): boolean {
    if (target === undefined) return this.parts.tally === tally;
    return this.target === target && this.slot !== 'waiting' && this.attemptError === undefined;
  }

  /** Starts the call: counted, bounded in time, checked; then the policies in their order. */
  begin(resolve: (answer: unknown) => void, reject: (error: PluginError) => void): void {
    this.resolve = resolve;
    this.reject = reject;
    const { tally, deadlines, timeoutMs, budget, recorder, clock, tracing } = this.parts;
    tally.begin();
    if (tracing.tracer !== undefined) this.startSpan(tracing.tracer, this.parts);
    budget.deposit();
    this.timeoutMs = this.options?.timeoutMs || timeoutMs;
    deadlines.add(this, this.timeoutMs);
    if (recorder !== undefined) this.startedAt = clock.now();
    if (this.options?.signal !== undefined) watch(this.options.signal, this);
    if (this.question.request === undefined) this.limit();
    else this.check(this.question.request);
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

  /** A slot of the concurrency limit is free and this call's. */
  proceed(): void {
    this.slot = 'held';
    const { target } = this;
    if (target === undefined || !this.parts.mustReroute(target, this.pass)) this.try();
    else this.goElsewhere(target);
  }

  /** Nothing was sent yet: who waited goes to the instance that is best now. */
  private goElsewhere(target: Target): void {
    this.pass?.settle('neutral');
    target.tally.withdraw();
    this.routeAndTry();
  }

  private check(schema: Schema): void {
    const refuse = (why: string): void =>
      this.fail(this.error('PLUGIN_1209', `the request breaks the contract: ${why}`));
    checked(schema, this.request, (request) => this.limit(request), refuse);
  }

  private limit(request: unknown = this.request): void {
    if (this.settled) return;
    this.request = request;
    if (this.parts.limiter === undefined) this.enter();
    else this.acquire(this.parts.limiter);
  }

  private acquire(limiter: RateLimiter): void {
    const admission = limiter.acquire(this);
    if (admission === undefined) this.enter();
    else if (admission instanceof Promise) {
      if (limiter.queued > 0) this.span?.event('queued', { limit: 'rate' });
      void admission.then((later) => (later ? this.fail(later) : this.enter()));
    } else this.fail(admission);
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
    else this.span?.event('queued', { limit: 'concurrency' });
  }

  private route(): PluginError | undefined {
    const refusal = this.parts.route(this);
    this.target?.tally.begin();
    return refusal;
  }

  private try(): void {
    if (this.settled || this.target === undefined) return;
    this.span?.startAttempt(this.attempt, this.target.index);
    let channel: Channel | Promise<Channel>;
    try {
      channel = this.target.channel();
    } catch (error) {
      return this.attemptFailed(error);
    }
    if (channel instanceof Promise) this.askLater(channel);
    else this.ask(channel);
  }

  private askLater(channel: Promise<Channel>): void {
    const { attempt } = this;
    this.span?.event('start');
    channel.then(
      (ready) => this.ask(ready),
      (error: unknown) => this.notStarted(error, attempt),
    );
  }

  private notStarted(error: unknown, attempt: number): void {
    if (this.target?.retired === true && !this.settled) this.goElsewhere(this.target);
    else this.attemptFailed(error, attempt);
  }

  private ask(channel: Channel): void {
    if (this.settled) return;
    const { attempt } = this;
    this.onCancel = undefined;
    const { deadlines, retry } = this.parts;
    if (retry.attemptTimeoutMs !== 0)
      this.attemptEnd = new AttemptDeadline(deadlines, retry.attemptTimeoutMs, this, attempt);
    let answer: unknown;
    try {
      answer = this.span === undefined ? channel.call(this) : this.askTraced(channel, this.span);
      if (isThenable(answer))
        return void answer.then(
          (value) => this.answered(value, attempt),
          (error: unknown) => this.attemptFailed(error, attempt),
        );
    } catch (error) {
      return this.attemptFailed(error);
    }
    this.answered(answer, attempt);
  }

  /** One attempt took too long; the plugin is told, and another may follow. */
  attemptExpired(attempt: number): void {
    const { attemptTimeoutMs } = this.parts.retry;
    const message = `attempt ${attempt} had no answer within ${attemptTimeoutMs} ms.`;
    const error = this.error('PLUGIN_1204', message, { retryable: true });
    this.onCancel?.(error);
    this.attemptFailed(error, attempt);
  }

  private answered(answer: unknown, attempt: number): void {
    if (this.settled || attempt !== this.attempt) return;
    this.attemptEnd?.cancel();
    if (this.question.response === undefined) this.succeed(answer);
    else this.checkAnswer(this.question.response, answer);
  }

  private checkAnswer(schema: Schema, answer: unknown): void {
    const refuse = (why: string): void =>
      this.fail(this.error('PLUGIN_1210', `the plugin's answer breaks the contract: ${why}`));
    checked(schema, answer, (value) => this.succeed(value), refuse);
  }

  private attemptFailed(thrown: unknown, attempt: number = this.attempt): void {
    if (this.settled || attempt !== this.attempt) return;
    this.attemptEnd?.cancel();
    const { retry, plugin } = this.parts;
    const error = PluginError.from(thrown, 'PLUGIN_1203', { plugin, hook: this.hook });
    this.span?.failAttempt(error);
    const maxRetries = this.options?.maxRetries ?? retry.maxRetries;
    if (!error.retryable || maxRetries === 0) return this.fail(error);
    if (attempt > maxRetries) return this.stopTrying(error, '');
    this.retryLater(error, retry);
  }

  private retryLater(error: PluginError, retry: RetryPolicy): void {
    const planned = jittered(backoffMs(retry, this.attempt), retry.jitter, Math.random());
    const delayMs = Math.max(planned, error.retryAfterMs ?? 0);
    if (delayMs >= this.remainingMs) return this.stopTrying(error, ' and no time left');
    if (!this.parts.budget.withdraw()) return this.stopTrying(error, ' and no retry budget left');
    this.span?.event('retry', { after_attempt: this.attempt, delay_ms: delayMs, code: error.code });
    this.attempt++;
    const timer = this.parts.clock.startTimer(delayMs, () => this.again());
    this.attemptError = error;
    this.onCancel = () => timer.cancel();
  }

  private again(): void {
    if (this.settled) return;
    this.parts.recorder?.retried();
    const { target, attemptError } = this;
    this.attemptError = undefined;
    if (target === undefined || !this.parts.mustReroute(target, this.pass)) return this.try();
    this.leaveTarget(verdictOf(attemptError));
    this.routeAndTry();
  }

  private routeAndTry(): void {
    this.pass = undefined;
    this.target = undefined;
    const refusal = this.route();
    if (refusal === undefined) this.try();
    else this.fail(refusal);
  }

  private stopTrying(error: PluginError, why: string): void {
    const call = { plugin: this.parts.plugin, hook: this.hook, attempts: this.attempt };
    this.fail(givenUp(call, error, why), error);
  }

  private succeed(answer: unknown): void {
    if (this.settled) return;
    const { resolve } = this;
    this.settle(undefined, undefined);
    resolve?.(answer);
  }

  /** `blame` is what the breaker judges: of a call that was given up, its last attempt. */
  protected fail(error: PluginError, blame: PluginError = error): void {
    if (this.settled) return;
    const { reject } = this;
    this.settle(error, blame);
    reject?.(error);
  }

  private settle(error: PluginError | undefined, blame: PluginError | undefined): void {
    const { tally, deadlines, recorder, concurrency } = this.parts;
    this.settled = true;
    // A call that V8 has put among the old objects would keep its answer alive until the next full collection.
    this.resolve = this.reject = this.onCancel = undefined;
    deadlines.remove(this);
    if (this.options?.signal !== undefined) unwatch(this.options.signal, this);
    this.attemptEnd?.cancel();
    if (this.slot === 'held') concurrency?.release();
    else if (this.slot === 'waiting') concurrency?.leave(this);
    if (this.target === undefined) this.parts.limiter?.leave(this);
    const calls = recorder && (this.target?.recorder ?? recorder.calls);
    // Whoever was still in the line was not sent, and knows nothing of the plugin.
    this.leaveTarget(this.slot === 'waiting' ? 'neutral' : verdictOf(blame), error === undefined);
    calls?.ended(this.hook, this.startedAt, this.parts.clock.now(), error?.code, this.traceparent);
    this.span?.end(error);
    tally.end(error === undefined);
  }

  private leaveTarget(verdict: ReturnType<typeof verdictOf>, succeeded = false): void {
    this.pass?.settle(verdict);
    this.target?.tally.end(succeeded);
    this.pass = undefined;
    this.target = undefined;
  }

  private error(code: ErrorCode, message: string, more: object = {}): PluginError {
    return new PluginError(code, { plugin: this.parts.plugin, hook: this.hook, message, ...more });
  }
}
