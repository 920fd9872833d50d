import type { HttpRequest, Route } from '@alongside/kernel/http';
import { nothingHere } from '@alongside/kernel/respond';
import { route, withoutMethodErrors } from '@alongside/kernel/route';
import { requestErrors } from '../errors/request.ts';
import { errorPage } from './error-answers.ts';

/** Whether the caller shows the response to a user, by its fetch metadata or, without these, by `Accept`. */
const isShown = ({ headers }: HttpRequest): boolean =>
  headers['sec-fetch-dest'] === undefined
    ? /\btext\/html\b/.test(headers.accept ?? '')
    : headers['sec-fetch-dest'] === 'document';

/** Routes of unknown addresses: a page in a browser, the plain error otherwise. */
export const unknownPathRoutes = (development: boolean): Route[] =>
  withoutMethodErrors(
    route('/*', {
      GET: {
        async endpoint(request) {
          if (isShown(request)) throw requestErrors.pageUnknown('no route has this path');
          return nothingHere.endpoint(request);
        },
        errors: errorPage(development),
      },
    }),
  );
