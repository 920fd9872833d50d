import type { HttpRequest, Route } from '@alongside/kernel/http';
import { nothingHere } from '@alongside/kernel/respond';
import { requestErrors } from '../errors/request.ts';

/** A browser says what it will show; one that does not says what it can read. */
const isShown = ({ headers }: HttpRequest): boolean =>
  headers['sec-fetch-dest'] === undefined
    ? /\btext\/html\b/.test(headers.accept ?? '')
    : headers['sec-fetch-dest'] === 'document';

/** Wherever no other route leads: a page for people, who may have half an address only; the plain answer for programs. */
export const nothingHereRoute: Route = {
  methods: ['GET'],
  path: '/*',
  async endpoint(request) {
    if (isShown(request)) throw requestErrors.pageUnknown('no route has this path');
    return nothingHere.endpoint(request);
  },
};
