import { openScope, type Scope } from 'plugboard';
import type { EmailHooks, MailAddr, SpfFact } from 'plugboard/email';
import type { QueuedRecipient } from '../queue/envelope.ts';

/** A recipient that was taken. */
export interface TakenRecipient {
  readonly address: MailAddr;
  readonly queued: QueuedRecipient;
}

/** One message of a session, from MAIL FROM to its end. */
export class Transaction {
  readonly id: string;
  readonly sender: MailAddr;
  /** Facts and notes of its hooks live here. */
  readonly scope: Scope<EmailHooks>;
  readonly recipients: TakenRecipient[] = [];
  /** How often RCPT TO was said. */
  asked = 0;
  spf: SpfFact = { result: 'none' };

  constructor(id: string, sender: MailAddr, scope: Scope<EmailHooks>) {
    this.id = id;
    this.sender = sender;
    this.scope = scope;
  }

  /** One inside a session's scope. */
  static open(id: string, sender: MailAddr, session: Scope<EmailHooks>): Transaction {
    return new Transaction(id, sender, openScope('transaction', session));
  }
}
