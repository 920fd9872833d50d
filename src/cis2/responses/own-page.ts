import type { HttpRequest } from '@alongside/kernel/http';
import { sharedErrors } from '../errors/shared.ts';

/**
 * Lets a POST on only when it comes from a page of our own origin: fetch metadata say so, or, where the browser sends
 * none, the Origin does (Fetch Metadata Request Headers section 2.3).
 */
export const requireOwnPage = (origin: string) =>
  async function requireOwnPage({ request }: { request: HttpRequest }): Promise<void> {
    const site = request.headers['sec-fetch-site'];
    if (site === 'same-origin') return;
    if (site !== undefined) throw sharedErrors.foreignPage(`it comes from a page that is ${site}`);
    if (request.headers.origin !== origin)
      throw sharedErrors.foreignPage(
        `its origin is ${request.headers.origin ?? 'not said'}, expected ${origin}`,
      );
  };
