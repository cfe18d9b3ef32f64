import * as z from 'zod';

import { noting } from './answer-schemas.ts';
import type { Modify } from './answers.ts';
import { applyHeaderOps } from './header-ops.ts';
import { headerOps, type Header, type HeaderOp } from './header.ts';
import type { Shape } from './shape.ts';

/** Changes to the header. Fields of the message's way, such as `Received`, are only added, and at the start. */
export interface HeaderPatch {
  readonly headers: readonly HeaderOp[];
}

export const headerAnswer: z.ZodObject<Shape<Modify<HeaderPatch>>, z.core.$strict> = z.strictObject({
  ...noting,
  action: z.literal('modify'),
  headers: headerOps,
} satisfies Shape<Modify<HeaderPatch>>);

interface HasHeaders {
  readonly headers: readonly Header[];
}

/** The request with the header that an answer wants; as it is if the answer wants none. */
export function withHeaders<Req extends HasHeaders>(
  request: Req,
  answer: { readonly action: string } | Modify<HeaderPatch>,
): Req {
  if (!('headers' in answer)) return request;
  return { ...request, headers: applyHeaderOps(request.headers, answer.headers) };
}
