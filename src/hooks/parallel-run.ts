import { messageOf, type PluginError } from '../core/errors.ts';
import type { Member } from './chain.ts';
import { ChainRun, illegal } from './chain-run.ts';
import type { Answer } from './combining.ts';

/** From the worst to the best; actions that are not named come last. */
const usualOrder = ['reject', 'defer', 'quarantine', 'discard', 'modify'];

/** Asks all plugins at once, sums their scores, and lets the worst answer win. */
export class ParallelRun extends ChainRun {
  /** By the members' places, so that nothing depends on who is fast. */
  private readonly answers: (Answer | undefined)[] = [];
  private open = 0;

  protected start(): void {
    const { members } = this.chain;
    this.open = members.length + 1; // one more, so that it cannot be over before all were asked
    for (const [place, member] of members.entries()) {
      this.ask(
        member,
        (answer) => this.heard(place, member, answer),
        (error) => this.failed(place, member, error),
      );
    }
    this.ended();
  }

  private heard(place: number, member: Member, answer: Answer): void {
    const problem = scoreProblem(answer);
    if (problem !== undefined) return this.failed(place, member, illegal(member, problem));
    this.answers[place] = answer;
    this.ended();
  }

  private failed(place: number, member: Member, error: PluginError): void {
    this.answers[place] = this.fail(member, error);
    this.ended();
  }

  private ended(): void {
    if (--this.open > 0 || this.isOver) return;
    const answers = this.answers.filter((answer) => answer !== undefined);
    this.score = answers.reduce((sum, { score = 0 }) => sum + score, 0);
    for (const answer of answers) if (answer.action === 'modify') this.modified(answer);
    this.decide(answers);
    this.finish();
  }

  private decide(answers: readonly Answer[]): void {
    const { combining } = this.chain;
    if (combining.combine !== 'accumulate-score' || answers.length === 0) return;
    const { order = usualOrder } = combining;
    const rank = rankBy(order);
    const worst = answers.reduce((before, answer) => (rank(answer) < rank(before) ? answer : before));
    if (rank(worst) < order.length) {
      this.answer = worst;
      this.by = this.chain.members[this.answers.indexOf(worst)]?.plugin;
    }
    const total = combining.total?.(this.score, answers);
    if (total === undefined || rank(total) > rank(this.answer)) return;
    this.answer = total;
    this.by = undefined;
  }
}

/** What is wrong with the score of an answer; even to read it may throw. */
function scoreProblem(answer: Answer): string | undefined {
  try {
    const { score } = answer;
    const isSound = score === undefined || Number.isFinite(score);
    return isSound ? undefined : `its score is ${String(score)}, no number`;
  } catch (error) {
    return messageOf(error);
  }
}

/** The place of an answer's action in the order of the rule; what is not named there comes last. */
function rankBy(order: readonly string[]): (answer: Answer) => number {
  return ({ action }) => {
    const place = order.indexOf(action);
    return place === -1 ? order.length : place;
  };
}
