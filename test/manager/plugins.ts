import { definePlugin, type Handler, type Hook, type Plugin, type Single } from 'plugboard';

/** A plugin that answers one question with a function. */
export function answering<Req, Resp>(execute: Handler<Hook<Req, Resp>>): Plugin<Single<Req, Resp>> {
  return definePlugin<Req, Resp>({ name: 'answering', version: '1.0.0', execute });
}

/** A plugin whose calls never end by themselves. */
export const hanging: Plugin<Single<string, string>> = answering<string, string>(() => new Promise(() => {}));

/** A plugin that says what it was asked, in capitals. */
export const loud: Plugin<Single<string, string>> = answering<string, string>((text) => text.toUpperCase());

/** A plugin whose calls wait until the test lets one go, in their order. */
export function waiting(): { readonly plugin: Plugin<Single<string, string>>; readonly letGo: () => void } {
  const held: (() => void)[] = [];
  const plugin = answering<string, string>(
    (text) => new Promise((resolve) => void held.push(() => resolve(text))),
  );
  return { plugin, letGo: () => held.shift()?.() };
}
