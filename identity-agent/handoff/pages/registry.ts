import { blocked } from './blocked.ts';
import { confirm } from './confirm.ts';
import { insertCard } from './insert-card.ts';
import type { InteractionPage, PageContext } from './page.ts';
import { pin } from './pin.ts';
import { rejected } from './rejected.ts';
import { renewal } from './renewal.ts';
import { role } from './role.ts';

/** The pages of an interaction. The first match is shown. */
const pages: readonly InteractionPage[] = [blocked, rejected, role, renewal, confirm, pin, insertCard];

/** Returns the page for the current state. While the agent reads a card or changes state, this is the waiting page. */
export const pageFor = (context: PageContext): InteractionPage =>
  pages.find((page) => page.applies(context)) ?? insertCard;
