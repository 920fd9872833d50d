import { changePin } from './change-pin.ts';
import { overview } from './overview.ts';
import type { CardPage } from './page.ts';
import { renew } from './renew.ts';
import { signIn } from './sign-in.ts';
import { unblock } from './unblock.ts';
import { unlock } from './unlock.ts';
import { unlockCode } from './unlock-code.ts';

/** The card pages; the first has the errand's own path. */
export const cardPages: readonly CardPage[] = [
  overview,
  changePin,
  unlockCode,
  unlock,
  unblock,
  renew,
  signIn,
];

if (new Set(cardPages.map(({ id }) => id)).size !== cardPages.length)
  throw new Error('Two pages about the card have the same id.');
