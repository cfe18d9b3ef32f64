import { messageOf, type PluginError } from '../core/errors.ts';
import type { Member } from './chain.ts';
import { ChainRun, illegal } from './chain-run.ts';
import type { Answer } from './combining.ts';

/** Asks one plugin after the other, until one decides. */
export class SerialRun extends ChainRun {
  private next = 0;
  /** Whether the loop that asks is running, and goes on by itself. */
  private isAsking = false;
  private isWaiting = false;
  private isDecided = false;

  protected start(): void {
    this.isAsking = true;
    while (!this.isDecided && !this.isWaiting && !this.isOver) {
      const member = this.chain.members[this.next++];
      if (member === undefined) break;
      this.isWaiting = true;
      this.ask(
        member,
        (answer) => this.heard(member, answer),
        (error) => this.failed(member, error),
      );
    }
    this.isAsking = false;
    if (!this.isWaiting && !this.isOver) this.finish();
  }

  private heard(member: Member, answer: Answer): void {
    const problem = this.take(member, answer);
    if (problem === undefined) this.goOn();
    else this.failed(member, problem);
  }

  private failed(member: Member, error: PluginError): void {
    const refusal = this.fail(member, error);
    if (refusal !== undefined) this.decide(member, refusal);
    this.goOn();
  }

  private goOn(): void {
    this.isWaiting = false;
    if (!this.isAsking) this.start();
  }

  private take(member: Member, answer: Answer): PluginError | undefined {
    if (this.chain.combining.combine === 'first-provider') return this.look(member, answer);
    if (answer.action === 'modify') return this.modify(member, answer);
    else if (answer.action !== 'continue') this.decide(member, answer);
    return undefined;
  }

  private look(member: Member, answer: Answer): PluginError | undefined {
    const { combining } = this.chain;
    try {
      if (combining.combine === 'first-provider' && combining.provides(answer)) this.decide(member, answer);
    } catch (error) {
      return illegal(member, messageOf(error), error);
    }
    return undefined;
  }

  private modify(member: Member, answer: Answer): PluginError | undefined {
    const { combining } = this.chain;
    try {
      if (combining.combine === 'modify-chain') this.request = combining.apply(this.request, answer);
    } catch (error) {
      return illegal(member, messageOf(error), error);
    }
    this.modified(answer);
    return undefined;
  }

  private decide(member: Member, answer: Answer): void {
    this.isDecided = true;
    this.answer = answer;
    this.by = member.plugin;
  }
}
