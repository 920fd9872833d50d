import { callErrors } from './errors/calls.ts';
import { cardErrors } from './errors/cards.ts';
import { legacyErrors } from './errors/legacy.ts';
import { signInErrors } from './errors/sign-in.ts';

/** Every error of CIS. */
export const errors = { ...callErrors, ...signInErrors, ...cardErrors, ...legacyErrors };
