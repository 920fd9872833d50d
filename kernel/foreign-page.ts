import type { HttpRequest } from './request.ts';

type Sender = Pick<HttpRequest, 'headers'>;

/** Returns how the `Origin` of a request differs from the own one; undefined if it does not, or if there is none. */
export const foreignOrigin = ({ headers: { origin } }: Sender, own: string): string | undefined =>
  origin === undefined || origin === own ? undefined : `Origin is ${origin}, expected ${own}`;

/** The sites of own pages, of addresses that a user types, and of programs other than browsers. */
const ownSites: readonly unknown[] = [undefined, 'none', 'same-origin'];

/** Returns the site of a page elsewhere that causes a request (Fetch Metadata Request Headers section 2.3); else undefined. */
export const foreignSite = ({ headers }: Sender): string | undefined =>
  ownSites.includes(headers['sec-fetch-site'])
    ? undefined
    : `Sec-Fetch-Site is ${String(headers['sec-fetch-site'])}`;
