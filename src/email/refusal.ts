import type { Refused } from '../hooks/combining.ts';
import { defer, reject, type Defer, type Reject } from './answers.ts';

const text = 'A check could not be made; please try again later';

/** How a hook refuses for a plugin that failed: with the code of the plugin's failure rule, else with this one. */
export function refuseWith(usual: number): (failure: Refused) => Reject | Defer {
  return ({ code = usual }) => {
    if (code >= 500 && code < 560)
      return reject({ code, enhanced: '5.3.0', text: 'A check could not be made' });
    return deferral(code, usual);
  };
}

/** The same for a hook that never refuses for good. */
export function deferWith(usual: number): (failure: Refused) => Defer {
  return ({ code = usual }) => deferral(code, usual);
}

function deferral(code: number, usual: number): Defer {
  return defer({ code: code >= 400 && code < 460 ? code : usual, enhanced: '4.3.0', text });
}
