import { blocked } from './blocked.ts';
import { confirm } from './confirm.ts';
import { insertCard } from './insert-card.ts';
import type { InteractionPage, PageContext } from './page.ts';
import { pin } from './pin.ts';
import { rejected } from './rejected.ts';
import { renewal } from './renewal.ts';
import { role } from './role.ts';

/** The pages of an interaction. The first that applies is shown. */
const pages: readonly InteractionPage[] = [blocked, rejected, role, renewal, confirm, pin, insertCard];

/** The page for what there is on the desk. While the agent is reading a card or between two states, it is the one that waits. */
export const pageFor = (context: PageContext): InteractionPage =>
  pages.find((page) => page.applies(context)) ?? insertCard;
