import { definePlugin } from 'plugboard/serve';

export interface Numbers {
  readonly n: number;
}

export const twice = definePlugin({
  name: 'twice',
  version: '1.0.0',
  execute: (request: Numbers): Numbers => ({ n: request.n * 2 }),
});
