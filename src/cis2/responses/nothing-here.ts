import type { HttpRequest, Route } from '@alongside/kernel/http';
import { nothingHere } from '@alongside/kernel/respond';
import { requestErrors } from '../errors/request.ts';

/** Whether the caller shows the response to a user, by its fetch metadata or, without these, by `Accept`. */
const isShown = ({ headers }: HttpRequest): boolean =>
  headers['sec-fetch-dest'] === undefined
    ? /\btext\/html\b/.test(headers.accept ?? '')
    : headers['sec-fetch-dest'] === 'document';

/** Answers an unknown address: a page in a browser, the plain error otherwise. */
export const nothingHereRoute: Route = {
  methods: ['GET'],
  path: '/*',
  async endpoint(request) {
    if (isShown(request)) throw requestErrors.pageUnknown('no route has this path');
    return nothingHere.endpoint(request);
  },
};
