import type { HeaderOp, MessageRef, SessionContext, TransactionContext } from 'plugboard/email';
import type { HeaderBlock } from '../message/header-block.ts';
import type { Replaced } from '../message/replace-parts.ts';
import type { Front } from './front.ts';
import type { Received } from './receive.ts';
import type { Session } from './session.ts';
import type { Transaction } from './transaction.ts';

/** A message that is being judged. */
export interface Case {
  readonly front: Front;
  readonly session: Session;
  readonly transaction: Transaction;
  readonly received: Received;
  readonly header: HeaderBlock;
  readonly message: MessageRef;
  readonly context: SessionContext & TransactionContext;
}

/** What plugins want changed. */
export interface Changes {
  readonly headers: HeaderOp[];
  readonly parts: Replaced[];
}
